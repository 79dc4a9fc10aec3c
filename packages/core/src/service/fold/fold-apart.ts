import { SCHEMA_VERSION } from "../../events/types.js";
import { AttuneError, isAttuneError } from "../../kernel/errors.js";
import type { DeadLetter } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import { eventKeptUntil } from "../layout/kept-until.js";
import { PROBE_MS, probePartition, visitorPartition } from "../layout/partitions.js";
import type { LoggedRun } from "../layout/records.js";
import { LETTERS_MS } from "../letters/letter-seals.js";
import { putLetters } from "../letters/letters.js";
import { isReadable, openRuns } from "../log/runs.js";
import { groupBy } from "../tools/group-by.js";
import type { FoldParts } from "./fold-batch.js";
import { foldRuns, type RunOutcome } from "./fold-runs.js";

/** Marks letters that hold events as the log held them, which go back there when they are replayed. */
export const PARKED = "(fold)";

interface Parked {
  letter: DeadLetter;
  /** When the last of its events was received, epoch ms. */
  receivedAt: number;
}

async function parked(run: LoggedRun, error: unknown, context: ServiceContext): Promise<Parked> {
  const { ids, clock, subjectKeys } = context;
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
  const at = clock.now();
  const keptUntil = Math.min(...(events ?? []).map((event) => eventKeptUntil(context, event)));
  const letter: DeadLetter = {
    id: ids(),
    at,
    ...(keptUntil < at + LETTERS_MS && { keptUntil }),
    body: JSON.stringify(kept),
    reasons: [
      { path: "", code: "ATTUNE_SERVICE_FOLD", message },
      // Anything else may hold what the visitor has sent.
      ...(isAttuneError(error) ? [{ path: "", code: error.code, message: error.message }] : []),
    ],
    schemaVersion: SCHEMA_VERSION,
    source: { site, route: PARKED },
    subject: visitor,
    subjects: [`v:${visitor}`, ...new Set(named)],
  };
  return { letter, receivedAt: Math.max(...(events ?? []).map((event) => event.receivedAt ?? 0)) };
}

/** Whether the store takes commits at all. */
async function isWell({ hot, ids, clock }: ServiceContext): Promise<boolean> {
  const partition = probePartition("default");
  const sort = ids();
  try {
    await hot.commit(partition, [{ op: "put", sort, value: 1, expiresAt: clock.now() + PROBE_MS }]);
    await hot.delete(partition, sort);
    return true;
  } catch {
    return false;
  }
}

/** What is known once the key provider has answered: the key is gone, or was not wrapped by it. */
const ANSWERS: readonly string[] = ["ATTUNE_PRIVACY_KEY", "ATTUNE_PRIVACY_SEAL"];

/** Whether trying again is all that helps: the key of these runs' visitor is out of reach for now, or another version has to read them. */
async function isOutOfReach({ subjectKeys }: ServiceContext, group: readonly LoggedRun[]): Promise<boolean> {
  if (!group.every(isReadable)) return true;
  const { site, visitor } = group[0] as LoggedRun;
  try {
    await subjectKeys?.forOpening(site, [visitor]);
    return false;
  } catch (error) {
    return !isAttuneError(error) || !ANSWERS.includes(error.code);
  }
}

/** Says it once for all whom the same befalls: one wrapping key that is gone may be that of many visitors. */
function reportSetAside(
  { report }: ServiceContext,
  failed: readonly { count: number; error: unknown }[],
): void {
  const nameOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  for (const same of groupBy(failed, ({ error }) => nameOf(error)).values()) {
    const entries = same.reduce((sum, { count }) => sum + count, 0);
    report(
      new AttuneError(
        "ATTUNE_SERVICE_SET_ASIDE",
        `${entries} entries of ${same.length} visitors could not be folded, again and again, and went to the dead letters, which are destroyed after 7 days. Cure what is named as the cause and replay them before that.`,
        { cause: same[0]?.error },
      ),
    );
  }
}

/**
 * Folds a batch that failed as a whole visitor by visitor. Those that fail alone go to the dead letters, with outcome `pending`, so that they
 * keep nobody else waiting. Rejects where it is no visitor's fault, so that the batch comes again: where the store fails, where the key
 * provider does not answer, and at an entry of another version. A provider that has a key no more has answered: waiting would not bring the
 * key back, and would hold up everybody else. Dead letters are destroyed after some days; what can be had later stays in the log.
 */
export async function foldApart(
  context: ServiceContext,
  parts: FoldParts,
  batch: readonly LoggedRun[],
): Promise<RunOutcome[]> {
  // Without its rules nobody of a site can be folded, which is no visitor's fault.
  for (const site of new Set(batch.map((run) => run.site))) await parts.rulesets.of(site);
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
  for (const { group, error } of failed) if (await isOutOfReach(context, group)) throw error;
  for (const { group, error } of failed) {
    const made = await Promise.all(group.map((run) => parked(run, error, context)));
    const receivedAt = new Map(made.map((one) => [one.letter.id, one.receivedAt]));
    await putLetters(
      context,
      made.map(({ letter }) => letter),
      // Events were taken: those of a user who came back after an erasure must not be lost.
      ({ id }) => receivedAt.get(id) as number,
    );
  }
  reportSetAside(
    context,
    failed.map(({ group, error }) => ({ count: group.length, error })),
  );
  // None: whoever waits hears nothing, as of an event that is still to be folded.
  return batch.map((run) => outcomes.get(run) ?? []);
}
