import { SCHEMA_VERSION } from "../events/types.js";
import type { DeadLetter } from "../ports/log.js";
import type { ServiceContext } from "./context.js";
import { groupBy } from "./effects.js";
import type { FoldParts } from "./fold-batch.js";
import { foldRuns, type RunOutcome } from "./fold-runs.js";
import { putLetters } from "./letters.js";
import { probePartition, visitorPartition } from "./partitions.js";
import type { LoggedRun } from "./records.js";
import { openRuns } from "./runs.js";

/** Marks letters that hold events as the log held them, which go back there when they are replayed. */
export const PARKED = "(fold)";

async function parked(run: LoggedRun, { ids, clock, subjectKeys }: ServiceContext): Promise<DeadLetter> {
  const { site, visitor } = run;
  const { wait: _nobody, ...kept } = run;
  const message =
    "The events were taken but could not be folded, again and again; see the reports, and replay them.";
  // What cannot even be opened tells of nobody but its visitor.
  const [events] = await openRuns(subjectKeys, [run]).catch(() => [null]);
  const named = (events ?? []).flatMap(({ userId, sessionId, deviceId }) => [
    ...(userId === null ? [] : [`u:${userId}`]),
    ...(sessionId === null ? [] : [`s:${sessionId}`]),
    ...(deviceId === null ? [] : [`d:${deviceId}`]),
  ]);
  return {
    id: ids(),
    at: clock.now(),
    body: JSON.stringify(kept),
    reasons: [{ path: "", code: "ATTUNE_SERVICE_FOLD", message }],
    schemaVersion: SCHEMA_VERSION,
    source: { site, route: PARKED },
    subject: visitor,
    subjects: [`v:${visitor}`, ...new Set(named)],
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
  batch: readonly LoggedRun[],
): Promise<RunOutcome[]> {
  const outcomes = new Map<LoggedRun, RunOutcome>();
  const failed: { group: readonly LoggedRun[]; error: unknown }[] = [];
  const groups = groupBy(batch, ({ site, visitor }) => visitorPartition(site, visitor));
  for (const group of groups.values()) {
    try {
      const folded = await foldRuns(context, parts, group);
      group.forEach((run, i) => outcomes.set(run, folded[i] as RunOutcome));
    } catch (error) {
      failed.push({ group, error });
    }
  }
  if (failed[0] !== undefined && !(await isWell(context))) throw failed[0].error;
  for (const { group, error } of failed) {
    context.report(error);
    await putLetters(context, await Promise.all(group.map((run) => parked(run, context))));
  }
  // None: whoever waits hears nothing, as of an event that is still to be folded.
  return batch.map((run) => outcomes.get(run) ?? []);
}
