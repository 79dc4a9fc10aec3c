import { byVariance } from "./intervals.js";
import type { Measured } from "./types.js";

/** Ranks from 1, of equal values their middle, in the order given. O(n log n). */
function midranks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys()).sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end++;
    for (let i = start; i < end; i++) ranks[order[i] as number] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

const varianceOf = (values: Float64Array): number => {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
};

/**
 * The area under the ROC curve with its variance (DeLong, DeLong and Clarke-Pearson 1988), by midranks (Sun and Xu 2014). Null if all labels are alike. O(n log n).
 */
export function areaUnderRoc(scores: Float64Array, labels: Uint8Array, z: number): Measured | null {
  const ones = scores.filter((_, i) => labels[i] === 1);
  const zeros = scores.filter((_, i) => labels[i] !== 1);
  const [m, n] = [ones.length, zeros.length];
  if (m === 0 || n === 0) return null;
  const all = new Float64Array(m + n);
  all.set(ones);
  all.set(zeros, m);
  const [together, amongOnes, amongZeros] = [midranks(all), midranks(ones), midranks(zeros)];
  // Of each one the share of zeros below it, and of each zero the share of ones above.
  const below = amongOnes.map((rank, i) => ((together[i] as number) - rank) / n);
  const above = amongZeros.map((rank, i) => 1 - ((together[m + i] as number) - rank) / m);
  const area = below.reduce((sum, share) => sum + share, 0) / m;
  return byVariance(area, varianceOf(below) / m + varianceOf(above) / n, z);
}

/** Average precision; rows of equal score count at once. Null without ones. O(n log n). */
export function averagePrecision(scores: Float64Array, labels: Uint8Array): number | null {
  const order = Int32Array.from(scores.keys()).sort((i, j) => (scores[j] as number) - (scores[i] as number));
  let [found, before, sum] = [0, 0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number])
      if (labels[order[end++] as number] === 1) found++;
    sum += (found - before) * (found / end);
    [before, start] = [found, end];
  }
  return found === 0 ? null : sum / found;
}
