import { hash } from "./hash.js";

/** Half-open: `start ≤ n < end`. */
export type BucketRange = readonly [start: number, end: number];

/** The share of visitors that a coverage means. */
export const clampShare = (coverage: number): number => Math.min(1, Math.max(0, coverage));

/** The weights that hold: as given, or equal ones where they do not sum to 1 (± 0.01). */
export function effectiveWeights(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum >= 0.99 && sum <= 1.01 ? weights : weights.map(() => 1 / weights.length);
}

/**
 * The part of [0, 1) that belongs to each variant: they start where their full weights would, and reach as far as the coverage
 * goes, so raising the coverage moves nobody (GrowthBook's SDK specification, `getBucketRanges`).
 *
 * @param weights One per variant. Weights that do not sum to 1 (± 0.01) count as equal.
 * @param coverage Share of visitors who take part; clamped to [0, 1].
 */
export function bucketRanges(weights: readonly number[], coverage = 1): BucketRange[] {
  const share = clampShare(coverage);
  let start = 0;
  return effectiveWeights(weights).map((weight) => {
    const range: BucketRange = [start, start + share * weight];
    start += weight;
    return range;
  });
}

/** The index of the range that `n` falls into, or -1. */
export function chooseVariant(n: number, ranges: readonly BucketRange[]): number {
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i] as BucketRange;
    if (n >= range[0] && n < range[1]) return i;
  }
  return -1;
}

/** Whether an id belongs to the part `[start, end)` of a namespace: experiments with disjoint parts never share a visitor. */
export function inNamespace(
  id: string,
  namespace: readonly [name: string, start: number, end: number],
): boolean {
  const [name, start, end] = namespace;
  const n = hash(`__${name}`, id, 1) as number;
  return n >= start && n < end;
}
