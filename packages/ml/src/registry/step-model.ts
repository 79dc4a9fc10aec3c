import type { Issue, Result } from "@attune/core";
import type { ModelAction, ModelEvent, ModelInterface, ModelRecord, ModelVersion } from "./types.js";

/** Champions that a rollback can go back to, versions that are remembered as refused, and events that are told. */
const MOST = { previous: 8, refused: 64, events: 50 } as const;

export const newModel = (name: string): ModelRecord => ({
  ...{ v: 1, name, revision: 0, champion: null, canary: null, runs: 0 },
  ...{ previous: [], refused: [], events: [] },
});

const issue = (path: string, code: string, message: string): Issue => ({
  path,
  code: `ATTUNE_MODEL_${code}`,
  message,
});
const refuse = (...found: Issue[]): { ok: false; error: Issue[] } => ({ ok: false, error: found });

/** What an action is taken with: versions that exist, the time, and who takes it. */
export interface ModelStep {
  /** Null where there is none of that hash. */
  find(version: string): ModelVersion | null;
  /** Epoch ms. */
  now: number;
  actor: string;
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);

/** Whether one version can stand in for the other without anybody who asks noticing: all but the order of purposes counts. */
export const sameInterface = (a: ModelInterface, b: ModelInterface): boolean =>
  sameTexts(a.inputs, b.inputs) &&
  a.featuresVersion === b.featuresVersion &&
  sameTexts(a.outputs, b.outputs) &&
  sameTexts([...a.purposes].sort(), [...b.purposes].sort());

const without = (list: readonly string[], version: string): string[] => list.filter((one) => one !== version);

function changed(
  record: ModelRecord,
  by: Partial<ModelRecord>,
  event: ModelEvent,
): { ok: true; value: ModelRecord } {
  const events = [event, ...record.events].slice(0, MOST.events);
  return { ok: true, value: { ...record, ...by, revision: record.revision + 1, events } };
}

type Told = { code?: string | null; reason?: string | null };
const eventOf = (
  { type, code = null, reason = null }: Told & Pick<ModelEvent, "type">,
  version: string,
  { now, actor }: ModelStep,
): ModelEvent => ({ type, version, at: now, code, reason, actor });

const UNKNOWN = issue(
  "/version",
  "VERSION",
  "There is no version of this hash; GET the model for those there are.",
);

const OVER = issue("/run", "RUN", "That trial is over already.");

function promote(
  record: ModelRecord,
  action: ModelAction & { type: "promote" },
  step: ModelStep,
): Result<ModelRecord, Issue[]> {
  const { canary } = record;
  const version = action.version ?? canary?.version;
  if (action.run !== undefined && (canary?.run !== action.run || canary.version !== version))
    return refuse(OVER);
  if (version === undefined)
    return refuse(issue("/version", "VERSION", "No version is on trial: name the version to promote."));
  if (step.find(version) === null) return refuse(UNKNOWN);
  if (version === record.champion)
    return refuse(issue("/version", "CHAMPION", "This version is everybody's already."));
  const { champion, previous, refused } = record;
  const kept = champion === null ? previous : [champion, ...without(previous, champion)];
  return changed(
    record,
    {
      ...{ champion: version, canary: null },
      previous: without(kept, version).slice(0, MOST.previous),
      refused: without(refused, version),
    },
    eventOf(action, version, step),
  );
}

function tryOut(
  record: ModelRecord,
  { type, version, share }: ModelAction & { type: "canary" },
  step: ModelStep,
): Result<ModelRecord, Issue[]> {
  if (!(typeof share === "number" && share > 0 && share < 1))
    return refuse(issue("/share", "SHARE", "Give the share of visitors who get it, above 0 and below 1."));
  const found = step.find(version);
  if (found === null) return refuse(UNKNOWN);
  const champion = record.champion === null ? null : step.find(record.champion);
  if (champion === null)
    return refuse(
      issue(
        "",
        "NO_CHAMPION",
        "Nothing is promoted yet, so nothing can be compared with it: promote a version first.",
      ),
    );
  if (version === record.champion)
    return refuse(issue("/version", "CHAMPION", "This version is everybody's already."));
  if (record.canary !== null)
    return refuse(
      issue(
        "",
        "CANARY",
        "A version is on trial already: promote it or roll it back first, so that each is judged by itself.",
      ),
    );
  if (!sameInterface(found, champion))
    return refuse(
      issue(
        "/version",
        "INTERFACE",
        "This version has other inputs, outputs, purposes or another version of the features than the one in force, so it cannot stand in for it: promote it, once its report card is to be trusted.",
      ),
    );
  const run = record.runs + 1;
  return changed(
    record,
    {
      canary: { version, share, startedAt: step.now, run },
      runs: run,
      refused: without(record.refused, version),
    },
    eventOf({ type }, version, step),
  );
}

function rollBack(
  record: ModelRecord,
  action: ModelAction & { type: "rollback" },
  step: ModelStep,
): Result<ModelRecord, Issue[]> {
  const { canary, champion, previous } = record;
  if (action.run !== undefined && canary?.run !== action.run) return refuse(OVER);
  const refusing = (version: string): string[] =>
    [version, ...without(record.refused, version)].slice(0, MOST.refused);
  if (canary !== null) {
    const { version } = canary;
    return changed(record, { canary: null, refused: refusing(version) }, eventOf(action, version, step));
  }
  const [good, ...before] = previous;
  if (champion === null || good === undefined)
    return refuse(issue("", "NOTHING_BEFORE", "There is no version before this one to go back to."));
  return changed(
    record,
    { champion: good, previous: before, refused: refusing(champion) },
    eventOf(action, champion, step),
  );
}

/**
 * What an action makes of a model. Pure: the same record, action and step give the same. A version that was rolled back may be tried again by a person, which takes it off the
 * refused ones.
 *
 * @returns The new record, or why nothing is done: `ATTUNE_MODEL_VERSION`, `_CHAMPION`, `_SHARE`, `_NO_CHAMPION`, `_CANARY`, `_INTERFACE`, `_RUN`, `_NOTHING_BEFORE`.
 */
export function stepModel(
  record: ModelRecord,
  action: ModelAction,
  step: ModelStep,
): Result<ModelRecord, Issue[]> {
  if (action.type === "promote") return promote(record, action, step);
  if (action.type === "canary") return tryOut(record, action, step);
  return rollBack(record, action, step);
}
