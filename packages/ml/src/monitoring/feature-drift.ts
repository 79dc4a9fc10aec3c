import { AttuneError } from "@attune/core";
import { kolmogorovSmirnov } from "./kolmogorov-smirnov.js";
import { populationStabilityIndex } from "./population-stability-index.js";
import type { DriftOptions, FeatureDrift, FeatureMatrix } from "./types.js";

const column = ({ data, columns }: FeatureMatrix, at: number): Float64Array =>
  Float64Array.from({ length: data.length / columns }, (_, row) => data[row * columns + at] as number);

/** Holm's (1979) step-down adjustment, in the order given: the chance of any false alarm stays below alpha, however they depend. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => (pValues[i] as number) - (pValues[j] as number));
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  order.forEach((i, rank) => {
    least = Math.max(least, Math.min(1, (pValues[i] as number) * (pValues.length - rank)));
    adjusted[i] = least;
  });
  return adjusted;
}

function checkShape(matrix: FeatureMatrix, names: readonly string[], path: string): void {
  if (matrix.columns !== names.length || matrix.columns < 1 || matrix.data.length % matrix.columns !== 0) {
    throw new AttuneError("ATTUNE_ML_BAD_SHAPE", "The matrix needs one column per name and whole rows.", {
      path,
    });
  }
}

type Judging = Required<Pick<DriftOptions, "minRows" | "bins">>;

function compare(reference: Float64Array, current: Float64Array, { minRows, bins }: Judging) {
  if (Math.min(reference.length, current.length) < Math.max(1, minRows)) return "too-few-rows";
  if (!reference.every(Number.isFinite) || !current.every(Number.isFinite)) return "not-finite";
  const psi = populationStabilityIndex(reference, current, { bins });
  return { psi, ...kolmogorovSmirnov(reference, current) };
}

/**
 * Which features have shifted between a reference (training, last good week) and now. A shift must be both significant (KS, Holm-adjusted
 * over the features, below `alpha`) and large (PSI): small samples alone raise no alarm, large ones none over trifles. What cannot be
 * judged is `unknown` with a reason, never a number. O(d (n + m) log(n + m)).
 *
 * @throws AttuneError `ATTUNE_ML_BAD_SHAPE` if a matrix does not fit the names.
 */
export function featureDrift(
  reference: FeatureMatrix,
  current: FeatureMatrix,
  names: readonly string[],
  options: DriftOptions = {},
): FeatureDrift[] {
  const { alpha = 0.01, thresholds = { moderate: 0.1, major: 0.25 }, minRows = 100, bins = 10 } = options;
  checkShape(reference, names, "/reference");
  checkShape(current, names, "/current");
  const results = names.map((_, at) =>
    compare(column(reference, at), column(current, at), { minRows, bins }),
  );
  const adjusted = holm(results.flatMap((result) => (typeof result === "string" ? [] : [result.pValue])));
  let next = 0;
  return names.map((feature, at): FeatureDrift => {
    const result = results[at] as (typeof results)[number];
    if (typeof result === "string") {
      return {
        feature,
        psi: null,
        d: null,
        pValue: null,
        adjustedPValue: null,
        verdict: "unknown",
        reason: result,
      };
    }
    const adjustedPValue = adjusted[next++] as number;
    const shifted = adjustedPValue < alpha && result.psi >= thresholds.moderate;
    const verdict = shifted ? (result.psi >= thresholds.major ? "major" : "moderate") : "stable";
    return { feature, ...result, adjustedPValue, verdict, reason: null };
  });
}
