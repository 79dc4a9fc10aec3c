import { AttuneError } from "@attune/core";
import { sorted } from "./check-sample.js";
import type { Sample } from "./types.js";

export interface PsiOptions {
  /** Quantile bins of the expected sample (default 10). Where it has no more distinct values than that, each value is a bin. */
  bins?: number;
  /** Upper bounds of the bins but the last, rising; replaces `bins`. A value on a bound belongs below it. */
  edges?: readonly number[];
  /** What stands for a bin's share where it is zero, without rescaling the others (default 1e-4). */
  zeroShare?: number;
}

/**
 * PSI of two lists of counts over the same bins: Σ (qᵢ − pᵢ) ln(qᵢ ÷ pᵢ). At least 0; by custom below 0.1 stable, from 0.25 a major
 * shift. From samples of n and m it is about (bins − 1)(1/n + 1/m) without any shift.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_BINS` if the lists differ in length, hold something else than counts, or are empty.
 */
export function psiOfCounts(expected: Sample, actual: Sample, zeroShare = 1e-4): number {
  const totals = [expected, actual].map((counts) => {
    let total = 0;
    for (const count of counts) total += count >= 0 ? count : Number.NaN;
    return total;
  }) as [number, number];
  if (expected.length !== actual.length || !totals.every((total) => total > 0 && total < Infinity)) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_BINS",
      "Both lists need the same bins, with counts of 0 or more that do not sum to 0.",
    );
  }
  let index = 0;
  for (let i = 0; i < expected.length; i++) {
    const p = (expected[i] as number) / totals[0] || zeroShare;
    const q = (actual[i] as number) / totals[1] || zeroShare;
    index += (q - p) * Math.log(q / p);
  }
  return index;
}

/** Index of the first bound that is not below the value; `edges.length` if there is none. */
function binOf(edges: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts per bin between the edges, outer bins open. */
function byEdges(sample: Float64Array, edges: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  for (const value of sample) (counts[binOf(edges, value)] as number)++;
  return counts;
}

/** Counts per listed value, and of all other values last. */
function byValue(sample: Float64Array, values: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(values.length + 1);
  for (const value of sample) {
    const bin = binOf(values, value);
    (counts[values[bin] === value ? bin : values.length] as number)++;
  }
  return counts;
}

/**
 * Population stability index between an expected (reference) and an actual (current) sample of one number. Bins come from the expected
 * sample, so that a feature with few values (flags, small counts, a constant) is compared value by value and a new value counts as a shift.
 * O((n + m) log(n + m)).
 *
 * @throws AttuneError `ATTUNE_ML_EMPTY_SAMPLE`, `ATTUNE_ML_NOT_FINITE`, `ATTUNE_ML_BAD_BINS`.
 */
export function populationStabilityIndex(expected: Sample, actual: Sample, options: PsiOptions = {}): number {
  const { bins = 10, edges, zeroShare } = options;
  const reference = sorted(expected, "/expected");
  const current = sorted(actual, "/actual");
  if (edges) {
    if (!edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > (edges[i - 1] as number)))) {
      throw new AttuneError("ATTUNE_ML_BAD_BINS", "Edges must be finite and rising.", {
        path: "/options/edges",
      });
    }
    return psiOfCounts(byEdges(reference, edges), byEdges(current, edges), zeroShare);
  }
  if (!(Number.isInteger(bins) && bins >= 2)) {
    throw new AttuneError("ATTUNE_ML_BAD_BINS", "The number of bins must be an integer of 2 or more.", {
      path: "/options/bins",
    });
  }
  const values = reference.filter((value, i) => i === 0 || value !== reference[i - 1]);
  if (values.length <= bins)
    return psiOfCounts(byValue(reference, values), byValue(current, values), zeroShare);
  // No bound lies at the largest value itself: where many are equal to it, they have the last bin to themselves.
  const greatest = values[values.length - 2] as number;
  const quantiles = Array.from({ length: bins - 1 }, (_, i) =>
    Math.min(greatest, reference[Math.ceil(((i + 1) * reference.length) / bins) - 1] as number),
  );
  const distinct = quantiles.filter((edge, i) => edge !== quantiles[i - 1]);
  return psiOfCounts(byEdges(reference, distinct), byEdges(current, distinct), zeroShare);
}
