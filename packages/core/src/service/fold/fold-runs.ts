import { AttuneError } from "../../kernel/errors.js";
import type { ServiceContext } from "../context.js";
import { eraseVisitor } from "../erase/erase-visitor.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { LoggedRun } from "../layout/records.js";
import { openRuns } from "../log/runs.js";
import type { EventOutcome } from "../types.js";
import { type FoldParts, foldBatch } from "./fold-batch.js";

/** Outcomes of a run's events, in their order; one for all of them where it cannot be opened any more. */
export type RunOutcome = readonly EventOutcome[] | "erased";

/**
 * For a run whose key is gone. Where its visitor was erased, whatever has come of the visitor since is erased, too. In a rebuild, a run past its
 * retention is passed over, since keys end with it. Anything else is a loss.
 *
 * @throws ATTUNE_SERVICE_KEY_LOST where nobody erased the visitor.
 */
async function clearLost(context: ServiceContext, { site, visitor }: LoggedRun): Promise<void> {
  if ((await context.hot.get(visitorPartition(site, visitor), SORT.tombstone)) === null) {
    if (context.past?.isPastRetention(visitor)) return;
    throw new AttuneError(
      "ATTUNE_SERVICE_KEY_LOST",
      "The log holds events whose key is gone although nobody erased their visitor: the store has lost records. Restore it from its backup.",
    );
  }
  await eraseVisitor(context, { site, visitor, user: null });
}

/** Folds what the log brings; the outcomes in the order of the runs. Rejects if any part failed; then the same may come again. */
export async function foldRuns(
  context: ServiceContext,
  parts: FoldParts,
  runs: readonly LoggedRun[],
): Promise<RunOutcome[]> {
  const opened = await openRuns(context.subjectKeys, runs);
  const outcomes = await foldBatch(
    context,
    parts,
    opened.flatMap((events) => events ?? []),
  );
  const lost = new Map<string, LoggedRun>();
  runs.forEach((run, i) => {
    if (opened[i] === null) lost.set(visitorPartition(run.site, run.visitor), run);
  });
  for (const run of lost.values()) await clearLost(context, run);
  let from = 0;
  return opened.map((events) => (events === null ? "erased" : outcomes.slice(from, (from += events.length))));
}
