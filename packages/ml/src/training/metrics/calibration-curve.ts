import type { CalibrationBin } from "./types.js";

export interface CalibrationCurve {
  readonly bins: readonly CalibrationBin[];
  readonly ece: number;
  readonly mce: number;
  readonly byChance: number;
}

/** The bin [i ÷ bins, (i + 1) ÷ bins) of a score in [0, 1]; 1 is in the last. */
function binOf(score: number, bins: number): number {
  const bin = Math.min(bins - 1, Math.floor(score * bins));
  // The product may be rounded over an end.
  if (score < bin / bins) return bin - 1;
  return bin < bins - 1 && score >= (bin + 1) / bins ? bin + 1 : bin;
}

/** Scores beside the shares of ones in bins of equal width (Naeini, Cooper and Hauskrecht 2015). O(n). */
export function calibrationCurve(scores: Float64Array, labels: Uint8Array, bins: number): CalibrationCurve {
  const [rows, sums, ones, variances] = [0, 1, 2, 3].map(() => new Float64Array(bins)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  scores.forEach((score, i) => {
    const bin = binOf(score, bins);
    (rows[bin] as number)++;
    (sums[bin] as number) += score;
    (ones[bin] as number) += labels[i] as number;
    (variances[bin] as number) += score * (1 - score);
  });
  let [ece, mce, byChance] = [0, 0, 0];
  const curve = Array.from(rows, (count, bin): CalibrationBin => {
    if (count === 0) return { rows: 0, score: null, share: null };
    const off = Math.abs((sums[bin] as number) - (ones[bin] as number));
    ece += off / scores.length;
    mce = Math.max(mce, off / count);
    // E |x| of a normal x is σ √(2 ÷ π).
    byChance += Math.sqrt((2 / Math.PI) * (variances[bin] as number)) / scores.length;
    return { rows: count, score: (sums[bin] as number) / count, share: (ones[bin] as number) / count };
  });
  return { bins: curve, ece, mce, byChance };
}
