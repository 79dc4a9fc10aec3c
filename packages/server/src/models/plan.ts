import type { ServerConfig } from "@attune/core/wire";
import { days } from "@attune/ml/table";
import * as v from "valibot";
import type { ModelPlan } from "./train-job.js";
import type { ScheduledModel } from "./training.js";

const positive = () => v.pipe(v.number(), v.gtValue(0), v.maxValue(3650));

/** What is to be trained, as requests and configurations say it. */
export const modelTraining = () =>
  v.strictObject({
    name: v.pipe(
      v.string(),
      v.maxLength(64),
      v.regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "A model is named in kebab-case, as in buys-soon."),
    ),
    predict: v.pipe(
      v.union(
        [
          v.strictObject({
            event: v.pipe(v.string(), v.nonEmpty(), v.maxLength(128)),
            withinDays: positive(),
          }),
          v.strictObject({ returnsWithinDays: positive() }),
          v.strictObject({ depth: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)) }),
        ],
        "Say what is to be predicted: { event, withinDays }, { returnsWithinDays } or { depth }.",
      ),
      v.description(
        "An event within some days, another visit within some days, or how deep this visit goes.",
      ),
    ),
    days: v.optional(v.pipe(positive(), v.description("Learn from the last so many days alone."))),
    atEvent: v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000), v.description("Default 3.")),
    ),
    metric: v.optional(v.pipe(v.string(), v.description("The conversion that a trial is judged by."))),
    share: v.optional(
      v.pipe(v.number(), v.gtValue(0), v.ltValue(1), v.description("Of visitors who try it (default 0.1).")),
    ),
  });

export type ModelTraining = v.InferOutput<ReturnType<typeof modelTraining>>;

/** The same as a plan. */
export function planOf({ name, predict, ...rest }: ModelTraining): ModelPlan {
  const label =
    "event" in predict
      ? { kind: "event" as const, event: predict.event, withinMs: days(predict.withinDays) }
      : "depth" in predict
        ? { kind: "depth" as const, depth: predict.depth }
        : { kind: "returns" as const, withinMs: days(predict.returnsWithinDays) };
  return {
    ...{ name, label },
    ...(rest.days !== undefined && { days: rest.days }),
    ...(rest.atEvent !== undefined && { atEvent: rest.atEvent }),
    ...(rest.metric !== undefined && { metric: rest.metric }),
  };
}

/** What a configuration wants to be trained by the clock. */
export const scheduleOf = ({ models }: Pick<ServerConfig, "models">): ScheduledModel[] =>
  (models?.train ?? []).map(({ site, everyHours, share, promote, ...training }) => ({
    ...planOf(training),
    everyHours,
    ...(site !== undefined && { site }),
    ...(share !== undefined && { share }),
    ...(promote !== undefined && { promote }),
  }));
