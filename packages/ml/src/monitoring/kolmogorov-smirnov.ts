import { sorted } from "./check-sample.js";
import { oneSampleProbability, twoSampleProbability } from "./kolmogorov-probability.js";
import type { KolmogorovSmirnov, Sample } from "./types.js";

/**
 * Survival function of Kolmogorov's distribution, P(K > x) = 2 Σ (−1)^(k−1) exp(−2 k² x²); below 1.18 by the theta-function identity,
 * which converges there (Marsaglia, Tsang, Wang 2003, eq. 1). Absolute error below 1e-15.
 */
export function kolmogorovSurvival(x: number): number {
  if (x < 0.04) return 1;
  let sum = 0;
  if (x < 1.18) {
    for (let k = 1; k <= 7; k += 2) sum += Math.exp((-(k * k) * Math.PI * Math.PI) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k <= 5; k++) sum += (k & 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}

/** Largest distance between the empirical distribution functions; equal values are taken in one step. */
function distance(a: Float64Array, b: Float64Array): number {
  let i = 0;
  let j = 0;
  let d = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] as number, b[j] as number);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    d = Math.max(d, Math.abs(i / a.length - j / b.length));
  }
  return d;
}

export interface KolmogorovSmirnovOptions {
  /**
   * How the p-value is found. `corrected` (default): Kolmogorov's distribution with Stephens' (1970) correction for small samples, at D (√e + 0.12 + 0.11 ÷ √e), where
   * e = nm ÷ (n + m); good from about e ≥ 4. `limit`: the same without the correction. `exact`: over all orders of values, O(nm). `one-sample`: exactly that of one sample of
   * round(e), which comes close to `exact` at a cost that grows slower.
   */
  method?: "corrected" | "limit" | "exact" | "one-sample";
}

/**
 * Two-sample Kolmogorov–Smirnov test. Every p-value is conservative where values repeat (flags, counts). O((n + m) log(n + m)) but for what the method adds.
 *
 * @throws AttuneError `ATTUNE_ML_EMPTY_SAMPLE`, `ATTUNE_ML_NOT_FINITE`.
 */
export function kolmogorovSmirnov(
  a: Sample,
  b: Sample,
  { method = "corrected" }: KolmogorovSmirnovOptions = {},
): KolmogorovSmirnov {
  const first = sorted(a, "/a");
  const second = sorted(b, "/b");
  const [n, m] = [first.length, second.length];
  const effective = (n * m) / (n + m);
  const root = Math.sqrt(effective);
  const d = distance(first, second);
  switch (method) {
    case "corrected":
      return { d, pValue: kolmogorovSurvival(d * (root + 0.12 + 0.11 / root)) };
    case "limit":
      return { d, pValue: kolmogorovSurvival(d * root) };
    case "exact":
      return { d, pValue: twoSampleProbability(d, n, m) };
    case "one-sample":
      return { d, pValue: oneSampleProbability(d, Math.max(1, Math.round(effective))) };
  }
}
