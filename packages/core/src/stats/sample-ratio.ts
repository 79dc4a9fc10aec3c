import { isCount, requireInput } from "./check.js";
import { chiSquaredSf } from "./special/chi-squared.js";
import { logGamma } from "./special/log-gamma.js";

/** Below this a mismatch is taken to be one (Kohavi, Tang and Xu 2020, chapter 21): it is an alarm about the experiment, not a finding. */
const ALARM = 0.001;

export interface SampleRatio {
  readonly chiSquared: number;
  readonly df: number;
  readonly p: number;
  readonly mismatch: boolean;
}

/** Those that are to get anything, as shares of 1. */
function sharesOf(counts: readonly number[], weights: readonly number[]): number[] {
  requireInput(counts.length === weights.length, "/weights", "Give as many weights as variants.");
  for (const [i, weight] of weights.entries())
    requireInput(isCount(weight), `/weights/${i}`, "Give a weight of 0 or more.");
  for (const [i, count] of counts.entries()) {
    requireInput(isCount(count), `/counts/${i}`, "Give a count of 0 or more.");
    requireInput(
      count === 0 || weights[i] !== 0,
      `/counts/${i}`,
      "A variant with a weight of 0 was assigned.",
    );
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  requireInput(total > 0, "/weights", "Give at least one weight above 0.");
  return weights.map((weight) => weight / total);
}

/**
 * Whether variants were assigned as often as they should have been, at one look: Pearson's chi-squared test. A variant with a weight of 0 takes no
 * part, so it does not count as a degree of freedom.
 *
 * @param weights of any sum
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function sampleRatioMismatch(counts: readonly number[], weights: readonly number[]): SampleRatio {
  const shares = sharesOf(counts, weights);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const df = shares.filter((share) => share > 0).length - 1;
  let chiSquared = 0;
  for (const [i, share] of shares.entries()) {
    const expected = share * total;
    if (expected > 0) chiSquared += ((counts[i] as number) - expected) ** 2 / expected;
  }
  const p = df > 0 ? chiSquaredSf(chiSquared, df) : 1;
  return { chiSquared, df, p, mismatch: p < ALARM };
}

export interface SequentialSampleRatioOptions {
  /** How closely assignment is believed to keep to the weights, as so many units' worth. Default 10,000. */
  readonly concentration?: number;
  /** How much of the belief is left for anything else, so that gross faults show at once. Default 0.05. */
  readonly slab?: number;
  /** Units' worth of that other belief. Default 1. */
  readonly slabConcentration?: number;
}

export interface SequentialSampleRatio {
  /** ln of the Bayes factor against the weights, after all counts so far. */
  readonly logBayesFactor: number;
  /** Valid at every look: 1 over the largest factor seen. */
  readonly p: number;
  readonly mismatch: boolean;
}

/**
 * The same for any number of looks (Lindon and Malek 2022): the factor of a Dirichlet–multinomial belief against the weights is a martingale without a mismatch, so it exceeds
 * 1/α with probability α at most, however often it is looked at. Feed it with counts as they come.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function sequentialSampleRatio(
  looks: readonly (readonly number[])[],
  weights: readonly number[],
  { concentration = 10_000, slab = 0.05, slabConcentration = 1 }: SequentialSampleRatioOptions = {},
): SequentialSampleRatio[] {
  requireInput(concentration > 0 && slabConcentration > 0, "/concentration", "Give concentrations above 0.");
  requireInput(slab >= 0 && slab <= 1, "/slab", "Give a share from 0 to 1.");
  const counts = new Array<number>(weights.length).fill(0);
  let least = 1;
  let logBayesFactor = 0;
  let before = { spike: 0, wide: 0 };
  return looks.map((look) => {
    const shares = sharesOf(look, weights);
    for (const [i, count] of look.entries()) counts[i] = (counts[i] as number) + count;
    const spike = logFactor(
      counts,
      shares,
      shares.map((share) => share * concentration),
    );
    const wide = logFactor(
      counts,
      shares,
      shares.map((share) => (share > 0 ? slabConcentration : 0)),
    );
    // Each look's counts are foretold by both beliefs as they stood before it.
    logBayesFactor += logOfSum(Math.log1p(-slab) + spike - before.spike, Math.log(slab) + wide - before.wide);
    before = { spike, wide };
    least = Math.min(least, Math.exp(-logBayesFactor));
    return { logBayesFactor, p: least, mismatch: least < ALARM };
  });
}

/** ln of the counts' probability under Dirichlet(belief) over that under the shares. */
function logFactor(counts: readonly number[], shares: readonly number[], belief: readonly number[]): number {
  let sum = 0;
  let [units, worth] = [0, 0];
  for (const [i, share] of shares.entries()) {
    if (share === 0) continue;
    const [count, prior] = [counts[i] as number, belief[i] as number];
    sum += logGamma(prior + count) - logGamma(prior) - count * Math.log(share);
    units += count;
    worth += prior;
  }
  return sum - logGamma(worth + units) + logGamma(worth);
}

function logOfSum(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log(Math.exp(a - high) + Math.exp(b - high));
}
