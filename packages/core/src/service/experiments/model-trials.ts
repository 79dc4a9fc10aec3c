import { modelVersionFor } from "../../decisions/model-version.js";
import type { Ruleset } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";

/** Experiments of this name are trials of a model: `model:{name}`. */
export const MODEL_TRIAL = "model:";
/** A visitor takes part from the first event of this name on, whichever version it is on; one of a metric does as well. */
export const BEGINS = "Page Viewed";

/** Which side of a model's trial a visitor is on. */
export type TrialSide = "champion" | "canary";
export const TRIAL_SIDES: readonly TrialSide[] = ["champion", "canary"];

/**
 * Tells the side of a trial that an event's visitor is on, by the version that page and server ask: nobody has to say so. Null where the experiment is none of a model's trials.
 *
 * @returns A function of the event; null where it does not say what versions are chosen by.
 */
export function trialOf(experiment: string, ruleset: Ruleset): ((event: Event) => TrialSide | null) | null {
  if (!experiment.startsWith(MODEL_TRIAL)) return null;
  const name = experiment.slice(MODEL_TRIAL.length);
  const { models = {} } = ruleset;
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model?.canary === undefined) return null;
  return ({ modelKey }) => {
    if (modelKey === undefined) return null;
    return modelVersionFor(name, modelKey, model) === model.canary ? "canary" : "champion";
  };
}
