import { AttuneError } from "../kernel/errors.js";
import type { Scorer, ScorerDescription } from "../state/scorer.js";
import { FEATURES_VERSION, type FeatureName, type FeatureVector } from "../state/features.js";
import type { ModelFile, ModelReference } from "./model-types.js";

/** What models say of a visitor, by name, each in [0, 1]; of a model with several outputs, by output. A model that says nothing is not named. */
export type ModelScores = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** Of a visitor of whom no model says anything. */
export const NO_SCORES: ModelScores = Object.freeze({});

/** A version of a model as whoever loads it needs it. */
export const describe = (name: string, model: ModelReference, { version }: ModelFile): ScorerDescription => {
  const { inputs, featuresVersion, outputs, purposes } = model;
  return { name, version, inputs, featuresVersion, outputs, purposes };
};

/** Writes what a model reads of a visitor into a row. `rows` is n × inputs, row-major. */
export function fillRow(
  rows: Float64Array,
  row: number,
  [inputs, vector]: readonly [readonly string[], FeatureVector],
): void {
  let at = row * inputs.length;
  for (const name of inputs) rows[at++] = vector[name as FeatureName];
}

/** What a model says in one row of its answer (n × outputs, row-major); null where any of it is no number in [0, 1]. */
export function readScores(
  values: Float64Array,
  row: number,
  outputs: readonly string[],
): ModelScores[string] | null {
  const from = row * outputs.length;
  const own: [string, number][] = outputs.map((name, i) => [name, values[from + i] as number]);
  if (!own.every(([, value]) => value >= 0 && value <= 1)) return null;
  return outputs.length > 1 ? Object.fromEntries(own) : (values[from] as number);
}

/** Why a model of a ruleset cannot be asked by this version of the library; null where it can. */
export function unaskable(name: string, { featuresVersion }: ModelReference): AttuneError | null {
  if (featuresVersion === FEATURES_VERSION) return null;
  return new AttuneError(
    "ATTUNE_MODEL_FEATURES",
    featuresVersion === null
      ? `The model ${name} reads none of the features, which are all that a model is handed: it is not asked. Train it on features.`
      : `The model ${name} was trained on features of the version ${featuresVersion}, and this library reads ${FEATURES_VERSION}: it is not asked. Train it again with this version of the library, and publish a ruleset that names the new file.`,
    { path: `/models/${name}/featuresVersion` },
  );
}

/** Why what was loaded is not the model that the ruleset names; null where it is. */
export function mismatch(scorer: Scorer, wanted: ScorerDescription): AttuneError | null {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((name, i) => name === b[i]);
  const wrong =
    scorer.version !== wanted.version
      ? "version"
      : !same(scorer.inputs, wanted.inputs)
        ? "inputs"
        : !same(scorer.outputs, wanted.outputs)
          ? "outputs"
          : scorer.featuresVersion !== wanted.featuresVersion
            ? "featuresVersion"
            : null;
  if (wrong === null) return null;
  return new AttuneError(
    "ATTUNE_MODEL_MISMATCH",
    `What was loaded for the model ${wanted.name} is not what the ruleset names: its ${wrong} differs. It is not asked. Publish a ruleset made of the file's own metadata.`,
    { path: `/models/${wanted.name}/${wrong}` },
  );
}

/** That a model said something that is no score; which row it was, and whose, is not told. */
export const noScore = ({ name, version }: ScorerDescription): AttuneError =>
  new AttuneError(
    "ATTUNE_MODEL_SCORE",
    `The model ${name} (${version}) gave something that is no number in [0, 1]: nothing is known of these visitors by it. Look at the model's file.`,
    { path: `/models/${name}` },
  );

/** That a model could not be loaded or asked. */
export const failed = ({ name, version }: ScorerDescription, cause: unknown): AttuneError =>
  new AttuneError(
    "ATTUNE_MODEL_FAILED",
    `The model ${name} (${version}) could not be loaded or asked; what decided before goes on, and conditions on its score do not hold. The cause says why.`,
    { path: `/models/${name}`, cause },
  );
