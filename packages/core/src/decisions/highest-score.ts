import { decay } from "../kernel/math.js";

/** A score that is normally distributed. */
export interface NormalScore {
  readonly mean: number;
  /** From 0. */
  readonly sd: number;
}

const LN2 = 0.6931471805599453;
const ROOT_TWO_PI = 2.5066282746310002;
/** Where an arm's density is cut into panels, in its standard deviations from its mean: beyond 7 lies 1e-12. */
const CUTS = [-7, -4, -2, 0, 2, 4, 7];
/** Gauss–Legendre, 8 points: the positive half of the nodes on [−1, 1], and their weights. */
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];
/** The least spread of a score beside the widest of all, so that what is certain is a narrow peak and not a division by zero. */
const NARROWEST = 1e-4;

/** Density at a distance from the mean, in standard deviations. */
const density = (z: number): number => decay(0.5 * z * z, LN2) / ROOT_TWO_PI;

/**
 * P(Z ≤ z) of the standard normal distribution, to 1e-15: for |z| < 3 by the series about zero (Abramowitz and Stegun 26.2.11), beyond by the continued fraction of the tail
 * (26.2.14).
 */
function cumulative(z: number, at: number): number {
  const size = Math.abs(z);
  if (z > 9) return 1;
  if (size < 3) {
    let term = z;
    let sum = z;
    for (let k = 3; term * term > 1e-34; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 + at * sum;
  }
  let fraction = size;
  for (let k = 64; k > 0; k--) fraction = size + k / fraction;
  const tail = at / fraction;
  return z > 0 ? 1 - tail : tail;
}

/** The scores moved and scaled so that the widest is about 1 wide, none narrower than can be integrated over. */
function scaled(scores: readonly NormalScore[]): NormalScore[] | null {
  const origin = scores[0]?.mean as number;
  let width = 0;
  for (const { mean, sd } of scores) width = Math.max(width, sd, Math.abs(mean - origin));
  // They are all the same, or nothing is known of them.
  if (!(width > 0 && width < Number.POSITIVE_INFINITY)) return null;
  return scores.map(({ mean, sd }) => ({
    mean: (mean - origin) / width,
    sd: Math.max(sd / width, NARROWEST),
  }));
}

/**
 * The probability of each score of being the highest: the integral of its density times the probability that all the others are below, over panels between the cuts of all
 * densities, eight points each: right to 1e-5. Only + − × ÷ and comparisons.
 *
 * @returns one per score; they sum to 1. Equal ones for scores that are no finite numbers.
 */
export function probabilityHighest(scores: readonly NormalScore[]): number[] {
  const equal = 1 / scores.length;
  const arms = scaled(scores);
  if (!arms) return scores.map(() => equal);
  const lowest = Math.max(...arms.map(({ mean, sd }) => mean - 7 * sd));
  const cuts = arms
    .flatMap(({ mean, sd }) => CUTS.map((cut) => mean + cut * sd))
    .filter((cut) => cut >= lowest)
    .sort((a, b) => a - b);
  const sums = arms.map(() => 0);
  for (let i = 1; i < cuts.length; i++) {
    const half = ((cuts[i] as number) - (cuts[i - 1] as number)) / 2;
    if (half > 0) addPanel(arms, sums, [(cuts[i - 1] as number) + half, half]);
  }
  const total = sums.reduce((sum, share) => sum + share, 0);
  return sums.map((share) => share / total);
}

function addPanel(
  arms: readonly NormalScore[],
  sums: number[],
  [middle, half]: readonly [number, number],
): void {
  const densities = arms.map(() => 0);
  const below = arms.map(() => 0);
  for (let node = 0; node < 2 * NODES.length; node++) {
    const index = node >> 1;
    const x = middle + half * (node & 1 ? 1 : -1) * (NODES[index] as number);
    for (const [i, { mean, sd }] of arms.entries()) {
      const z = (x - mean) / sd;
      const at = density(z);
      densities[i] = at / sd;
      below[i] = cumulative(z, at);
    }
    for (let i = 0; i < arms.length; i++) {
      let share = half * (WEIGHTS[index] as number) * (densities[i] as number);
      for (let j = 0; j < arms.length; j++) if (j !== i) share *= below[j] as number;
      sums[i] = (sums[i] as number) + share;
    }
  }
}
