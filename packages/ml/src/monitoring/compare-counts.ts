import { chiSquaredSf } from "@attune/core/stats";
import { psiOfCounts } from "./population-stability-index.js";
import type { Sample } from "./types.js";

/** How two lists of counts over the same bins differ, by the measures in use. */
export interface CountsComparison {
  /** Population stability index; at least 0. */
  psi: number;
  /** By custom: `none` below a PSI of 0.1, `major` from 0.25. */
  level: "none" | "moderate" | "major";
  /** Kullback–Leibler divergence of the current from the expected shares, nats; infinite where a bin was empty and is not any more. */
  kullbackLeibler: number;
  /** Square root of the Jensen–Shannon divergence to base 2, in [0, 1] (Endres and Schindelin 2003). */
  jensenShannonDistance: number;
  /** Pearson's statistic of the 2 × bins table; bins that are empty in both are left out. */
  chiSquared: number;
  /** Probability of such a table or a stranger one without any shift. */
  pValue: number;
}

/** Σ p ln(p ÷ q); what is 0 in p adds nothing. */
function divergence(p: Float64Array, q: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++)
    if ((p[i] as number) > 0) sum += (p[i] as number) * Math.log((p[i] as number) / (q[i] as number));
  return sum;
}

/**
 * Compares counts over the same bins: what was expected (the reference) and what there is.
 *
 * @param options.zeroShare What stands for a share of zero in the PSI (default 1e-4).
 * @throws AttuneError `ATTUNE_ML_BAD_BINS` if the lists differ in length, hold something else than counts, or are empty.
 */
export function compareCounts(
  expected: Sample,
  actual: Sample,
  { zeroShare }: { zeroShare?: number } = {},
): CountsComparison {
  const psi = psiOfCounts(expected, actual, zeroShare);
  const [first, second] = [expected, actual].map((counts) => {
    const values = Float64Array.from(counts);
    const total = values.reduce((sum, count) => sum + count, 0);
    return { values, total, shares: values.map((count) => count / total) };
  }) as [Row, Row];
  const mixed = first.shares.map((share, i) => (share + (second.shares[i] as number)) / 2);
  const jensenShannon = (divergence(first.shares, mixed) + divergence(second.shares, mixed)) / 2;
  const { chiSquared, bins } = pearson(first, second);
  return {
    psi,
    level: psi < 0.1 ? "none" : psi < 0.25 ? "moderate" : "major",
    kullbackLeibler: Math.max(0, divergence(second.shares, first.shares)),
    jensenShannonDistance: Math.sqrt(Math.max(0, jensenShannon / Math.LN2)),
    chiSquared,
    pValue: bins > 1 ? chiSquaredSf(chiSquared, bins - 1) : 1,
  };
}

interface Row {
  values: Float64Array;
  total: number;
  shares: Float64Array;
}

function pearson(first: Row, second: Row): { chiSquared: number; bins: number } {
  let chiSquared = 0;
  let bins = 0;
  const all = first.total + second.total;
  first.values.forEach((count, i) => {
    const both = count + (second.values[i] as number);
    if (both === 0) return;
    bins++;
    for (const { values, total } of [first, second]) {
      const awaited = (both * total) / all;
      chiSquared += ((values[i] as number) - awaited) ** 2 / awaited;
    }
  });
  return { chiSquared, bins };
}
