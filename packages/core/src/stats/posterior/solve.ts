import { normalQuantile } from "../special/normal.js";

/**
 * The x at which a distribution function reaches a share. What is nearly normal is nearly straight on the scale of normal quantiles, so secants on that scale, kept
 * between bounds that close in, are there after a few steps.
 *
 * @param cdf rises from 0 to 1
 * @param about where the middle is, and one standard deviation
 * @param bounds outside of which x cannot be
 */
export function solveShare(
  cdf: (x: number) => number,
  share: number,
  about: { middle: number; sd: number },
  bounds: { from: number; to: number } = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY },
): number {
  const wanted = normalQuantile(share);
  let { from, to } = bounds;
  let slope = 1 / about.sd;
  let x = between(about.middle + wanted * about.sd, from, to, about);
  let last: { x: number; z: number } | null = null;
  let lastMoved = about.sd;
  for (let step = 0; step < 200; step++) {
    const z = normalQuantile(Math.min(1, Math.max(0, cdf(x))));
    const error = z - wanted;
    if (error > 0) to = x;
    else from = x;
    const isFlat: boolean = last !== null && z === last.z;
    if (Number.isFinite(z) && last !== null && Number.isFinite(last.z) && !isFlat) {
      const secant = (z - last.z) / (x - last.x);
      if (secant > 0) slope = secant;
    }
    last = { x, z };
    const move = -error / slope;
    // A secant's error is about the product of the two before it. Asked before the bounds are: what rounds to x itself would be sent halfway.
    if (!isFlat && Math.abs(move) * Math.min(lastMoved, about.sd) <= 1e-11 * about.sd * about.sd)
      return x + move;
    // So far out that the function no longer moves: no slope leads back from there.
    const next = between(isFlat ? Number.NaN : x + move, from, to, about);
    lastMoved = Math.abs(next - x);
    x = next;
    if (to - from <= 1e-15 * Math.abs(x)) break;
  }
  return x;
}

/** The point where it lies between the bounds, else halfway, or two standard deviations on where one bound is open. */
function between(x: number, from: number, to: number, { sd }: { sd: number }): number {
  if (x > from && x < to) return x;
  if (Number.isFinite(from) && Number.isFinite(to)) return from + (to - from) / 2;
  if (Number.isFinite(from)) return from + 2 * sd;
  return Number.isFinite(to) ? to - 2 * sd : 0;
}
