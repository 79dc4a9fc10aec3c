import type { JsonValue } from "@attune/core";
import type { CalibrationDrift, FeatureDrift } from "@attune/ml/monitoring";
import * as v from "valibot";
import { modelTraining } from "../models/plan.js";
import { count, moment, share, typed } from "./answer-parts.js";

const hash = () =>
  v.pipe(v.string(), v.description("SHA-256 of the file, 64 hex digits: names the version."));
const optionalText = () => v.nullable(v.string());

const event = () =>
  v.strictObject({
    type: v.picklist(["promote", "canary", "rollback"]),
    version: hash(),
    at: moment(),
    code: v.pipe(
      optionalText(),
      v.description("Why, where it was done by the rules: `errors`, `slow`, `proved` …"),
    ),
    reason: optionalText(),
    actor: v.string(),
  });

const inForce = () => ({
  name: v.string(),
  revision: count(),
  champion: v.pipe(v.nullable(hash()), v.description("Everybody's, but for those on trial.")),
  canary: v.nullable(v.strictObject({ version: hash(), share: share(), startedAt: moment(), run: count() })),
  previous: v.pipe(v.array(hash()), v.description("Champions before it, the latest first.")),
  refused: v.pipe(v.array(hash()), v.description("Versions that were taken back.")),
  runs: v.pipe(count(), v.description("Trials begun so far.")),
  events: v.pipe(v.array(event()), v.description("The newest first.")),
});

export const modelInForce = () => v.strictObject(inForce());
export const modelList = () => v.strictObject({ models: v.array(modelInForce()) });

const version = () =>
  v.strictObject({
    ...{ name: v.string(), version: hash(), integrity: v.string(), bytes: count(), createdAt: moment() },
    ...{ inputs: v.array(v.string()), featuresVersion: optionalText() },
    ...{ outputs: v.array(v.string()), purposes: v.array(v.string()) },
    metric: v.pipe(optionalText(), v.description("The conversion by which a trial is judged.")),
    lineage: v.strictObject({
      parent: v.nullable(hash()),
      trainedOn: v.nullable(v.strictObject({ from: moment(), to: moment(), rows: count() })),
      codeVersion: optionalText(),
    }),
    card: v.pipe(typed<JsonValue>(v.any()), v.description("Its report card; null where there is none.")),
  });

export { modelTraining };

export const trainingState = () =>
  v.strictObject({
    state: v.picklist(["running", "done", "failed"]),
    ...{ startedAt: moment(), endedAt: v.nullable(moment()) },
    version: v.nullable(hash()),
    step: v.pipe(
      v.nullable(v.picklist(["promote", "canary", "kept"])),
      v.description("What was done with it: put in force, tried on a share of visitors, or only kept."),
    ),
    words: v.pipe(optionalText(), v.description("Why it failed, or was only kept.")),
  });

const alarm = () =>
  v.strictObject({
    kind: v.pipe(
      v.picklist(["features", "calibration", "errors"]),
      v.description(
        "What it is asked with has shifted, its scores do not come true as often as they say, or they are further off than they were.",
      ),
    ),
    ...{ version: hash(), at: moment() },
    features: v.pipe(v.array(v.string()), v.description("Those that have shifted.")),
  });

export const modelWithVersions = () =>
  v.strictObject({
    ...inForce(),
    versions: v.array(version()),
    training: v.pipe(v.nullable(trainingState()), v.description("The latest; null where there was none.")),
    alarms: v.pipe(
      v.array(alarm()),
      v.description("The latest of each kind, of whatever version, within the last 90 days."),
    ),
  });

export const modelPromotion = () =>
  v.object({
    version: v.optional(v.pipe(v.string(), v.description("Default: the one on trial."))),
    reason: v.optional(v.pipe(v.string(), v.maxLength(500))),
  });
export const modelTrial = () =>
  v.object({
    version: v.string(),
    share: v.optional(v.pipe(v.number(), v.description("Of visitors, above 0 and below 1 (default 0.1)."))),
  });
export const modelRollback = () => v.object({ reason: v.optional(v.pipe(v.string(), v.maxLength(500))) });

const milliseconds = () => v.nullable(v.pipe(v.number(), v.minValue(0)));

export const modelPerformance = () =>
  v.strictObject({
    name: v.string(),
    run: count(),
    verdict: v.nullable(
      v.strictObject({
        verdict: v.picklist(["promote", "rollback", "wait"]),
        code: v.string(),
        words: v.string(),
      }),
    ),
    versions: v.array(
      v.strictObject({
        ...{ version: hash(), role: v.picklist(["champion", "canary"]) },
        ...{ predictions: count(), errors: count(), notFinite: count() },
        ...{ p50Ms: milliseconds(), p99Ms: milliseconds(), lastAt: v.nullable(moment()) },
        reward: v.nullable(v.strictObject({ visitors: count(), reached: count() })),
      }),
    ),
    notes: v.record(v.string(), v.string()),
  });

const outcomes = () =>
  v.strictObject({
    at: moment(),
    rows: v.pipe(count(), v.description("Visits whose time is over.")),
    calibration: v.nullable(
      typed<CalibrationDrift>(
        v.looseObject({ rows: count(), verdict: v.picklist(["stable", "drifted", "unknown"]) }),
      ),
    ),
    errors: v.nullable(
      v.strictObject({
        mean: v.pipe(share(), v.description("Squared error of its scores, since the latest change.")),
        grown: v.boolean(),
        changedAt: v.nullable(moment()),
        before: v.nullable(share()),
      }),
    ),
    reason: v.nullable(v.picklist(["no-report-card", "other-features", "no-visits"])),
  });

export const modelDrift = () =>
  v.strictObject({
    ...{ name: v.string(), version: hash(), at: moment(), rows: count() },
    features: v.nullable(
      v.array(
        typed<FeatureDrift>(
          v.looseObject({
            feature: v.string(),
            verdict: v.picklist(["stable", "moderate", "major", "unknown"]),
          }),
        ),
      ),
    ),
    reason: v.nullable(v.picklist(["no-reference", "too-few-rows", "not-looked"])),
    shifted: v.array(v.string()),
    outcomes: v.pipe(
      v.nullable(outcomes()),
      v.description(
        "What it says of visits since its training, and what came of them; null where nobody has looked.",
      ),
    ),
  });
