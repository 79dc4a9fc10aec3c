import { SCHEMA_VERSION } from "../events/types.js";
import type { DeadLetter } from "../ports/log.js";
import type { ServiceContext } from "./context.js";
import { groupBy } from "./effects.js";
import { type FoldParts, foldBatch } from "./fold-batch.js";
import { putLetters } from "./letters.js";
import { probePartition, visitorPartition } from "./partitions.js";
import type { LoggedEvent } from "./records.js";
import type { EventOutcome } from "./types.js";

/** Marks letters that hold an event as the log held it, which goes back there when it is replayed. */
export const PARKED = "(fold)";

function parked({ event }: LoggedEvent, { ids, clock }: ServiceContext): DeadLetter {
  const { site, visitorId, userId, sessionId, deviceId } = event;
  const message =
    "The event was taken but could not be folded, again and again; see the reports, and replay it.";
  const entry: LoggedEvent = { v: 1, event };
  return {
    id: ids(),
    at: clock.now(),
    body: JSON.stringify(entry),
    reasons: [{ path: "", code: "ATTUNE_SERVICE_FOLD", message }],
    schemaVersion: SCHEMA_VERSION,
    source: { site, route: PARKED },
    subject: visitorId,
    subjects: [
      `v:${visitorId}`,
      ...(userId === null ? [] : [`u:${userId}`]),
      ...(sessionId === null ? [] : [`s:${sessionId}`]),
      ...(deviceId === null ? [] : [`d:${deviceId}`]),
    ],
  };
}

/** Whether the store takes writes at all. */
async function isWell({ hot, ids }: ServiceContext): Promise<boolean> {
  const partition = probePartition("default");
  const sort = ids();
  try {
    await hot.commit(partition, [{ op: "put", sort, value: 1 }]);
    await hot.delete(partition, sort);
    return true;
  } catch {
    return false;
  }
}

/**
 * Folds a batch that failed as a whole visitor by visitor. Those that fail alone while the store is well go to the dead letters, with
 * outcome `pending`, so that they keep nobody else waiting. Rejects where it is the store that fails.
 */
export async function foldApart(
  context: ServiceContext,
  parts: FoldParts,
  batch: readonly LoggedEvent[],
): Promise<EventOutcome[]> {
  const outcomes = new Map<LoggedEvent, EventOutcome>();
  const failed: { group: readonly LoggedEvent[]; error: unknown }[] = [];
  const groups = groupBy(batch, ({ event }) => visitorPartition(event.site, event.visitorId));
  for (const group of groups.values()) {
    try {
      const folded = await foldBatch(context, parts, group);
      group.forEach((entry, i) => outcomes.set(entry, folded[i] as EventOutcome));
    } catch (error) {
      failed.push({ group, error });
    }
  }
  if (failed[0] !== undefined && !(await isWell(context))) throw failed[0].error;
  for (const { group, error } of failed) {
    context.report(error);
    await putLetters(
      context,
      group.map((entry) => parked(entry, context)),
    );
  }
  return batch.map((entry) => outcomes.get(entry) ?? "pending");
}
