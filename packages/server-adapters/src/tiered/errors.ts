import { AttuneError } from "@attune/core";

export const closedError = (): AttuneError =>
  new AttuneError("ATTUNE_STORE_CLOSED", "The store is closed. Open a new one.");

/** Others were always faster. */
export const contended = (): AttuneError =>
  new AttuneError(
    "ATTUNE_TIERED_CONTENDED",
    "A partition was written to or lost from the hot store at every try. Try again later; if it stays so, several processes write to one partition more often than the durable store can take, or the hot store evicts what it has only just taken.",
  );

/** A call has taken so long that what it still sends could meet records that no longer remember it. */
export const tooLate = (): AttuneError =>
  new AttuneError(
    "ATTUNE_TIERED_LATE",
    "A call took longer than a quarter of `fenceMs` and gave up. What it had begun is finished by the next write to that partition. Look for a process that stands still, or raise `fenceMs`.",
  );

export const lostParts = (): AttuneError =>
  new AttuneError(
    "ATTUNE_TIERED_PARTS",
    "A large commit cannot be finished, since the durable store has lost parts of it. Restore that store from a backup.",
  );
