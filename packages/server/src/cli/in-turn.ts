import { randomUUID } from "node:crypto";
import { AttuneError } from "@attune/core";
import { type LeaseOptions, leaseTraining } from "../models/training-lease.js";
import { onInterrupt } from "./interrupted.js";
import type { Terminal } from "./terminal.js";

const interruption = (): AttuneError =>
  new AttuneError("ATTUNE_SERVER_TRAINING_ENDED", "The training was interrupted; nothing of it is kept.");

/** Trains when nobody else does, of whatever process, and says for whom it waits; its place is given back where it is interrupted. */
export async function inTurn<T>(
  { terminal, ...parts }: Pick<LeaseOptions, "store" | "clock" | "report"> & { terminal: Terminal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const stop = onInterrupt(() => ended.abort(interruption()));
  const { signal } = ended;
  try {
    const lease = await leaseTraining({
      ...{ ...parts, signal, holder: randomUUID(), who: `attune train, process ${process.pid}` },
      waiting: (who) => terminal.err(`Another training is under way (${who}); this one waits for its turn.`),
    });
    if (lease === null) throw interruption();
    try {
      return await work(AbortSignal.any([signal, lease.lost]));
    } finally {
      await lease.end().catch(parts.report);
    }
  } finally {
    stop();
  }
}
