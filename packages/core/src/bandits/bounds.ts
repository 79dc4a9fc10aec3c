import { requireInput } from "./arms.js";

/** Kullback–Leibler divergence of Bernoulli(q) from Bernoulli(p), in nats. */
export function bernoulliDivergence(p: number, q: number): number {
  const part = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(x / y));
  return part(p, q) + part(1 - p, 1 - q);
}

/**
 * What no policy can beat in the long run: regret grows by at least the constant times ln t (Lai and Robbins 1985), Σ (best − mean) / KL(mean, best) over the arms that are
 * not the best.
 *
 * @param means rates of success in (0, 1)
 */
export function laiRobbinsConstant(means: readonly number[]): { constant: number; divergences: number[] } {
  for (const [i, mean] of means.entries())
    requireInput(mean > 0 && mean < 1, `/means/${i}`, "Give a rate between 0 and 1.");
  const best = Math.max(...means);
  const divergences = means.map((mean) => (mean === best ? 0 : bernoulliDivergence(mean, best)));
  let constant = 0;
  for (const [i, divergence] of divergences.entries())
    if (divergence > 0) constant += (best - (means[i] as number)) / divergence;
  return { constant, divergences };
}

/**
 * KL-UCB's index of an arm (Garivier and Cappé 2011): the largest rate q that `pulls` outcomes do not speak against by more than ln t, pulls × KL(rate, q) ≤ ln t. By
 * halving, since the divergence only rises.
 */
export function klUcbIndex({
  successes,
  pulls,
  time,
}: {
  successes: number;
  pulls: number;
  time: number;
}): number {
  requireInput(
    pulls > 0 && successes >= 0 && successes <= pulls,
    "/pulls",
    "Give how often the arm was played: more than 0.",
  );
  requireInput(time >= 1, "/time", "Give how often any arm was played: 1 or more.");
  const rate = successes / pulls;
  const room = Math.log(time) / pulls;
  let [low, high] = [rate, 1];
  for (let step = 0; step < 100 && high - low > 0; step++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (bernoulliDivergence(rate, middle) > room) high = middle;
    else low = middle;
  }
  return low;
}
