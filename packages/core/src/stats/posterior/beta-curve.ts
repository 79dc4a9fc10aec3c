import { log1pMinus } from "../special/log1p-minus.js";
import { type Curve, widthOf } from "./curve.js";

/** The shape parameters of a beta distribution, both above 0. */
export interface BetaShape {
  readonly alpha: number;
  readonly beta: number;
}

/** From here on an exponential of the distance comes to no use, and further out to no number. */
const FAR = 36;
/** Nearer than this to the mode, differences that nearly cancel are taken before they are computed. */
const NEAR = 0.5;

/** a × b as two numbers that sum to it exactly (Dekker 1971). */
function exactProduct(a: number, b: number): [high: number, low: number] {
  const high = a * b;
  const [aHigh, aLow] = halves(a);
  const [bHigh, bLow] = halves(b);
  return [high, aLow * bLow - (high - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

function halves(value: number): [high: number, low: number] {
  const scaled = value * 134_217_729;
  const high = scaled - (scaled - value);
  return [high, value - high];
}

/** ln(α/β) − ln(α₀/β₀), also where both are as good as equal. */
export function logitsApart({ alpha, beta }: BetaShape, origin: BetaShape): number {
  const [one, oneLow] = exactProduct(alpha, origin.beta);
  const [other, otherLow] = exactProduct(origin.alpha, beta);
  const relative = (one - other + (oneLow - otherLow)) / other;
  return Math.abs(relative) < 0.5
    ? Math.log1p(relative)
    : Math.log(alpha / beta) - Math.log(origin.alpha / origin.beta);
}

/** With fewer counts than these a standard deviation is so wide that what the plain difference of logits loses does not show. */
const FEW = 1e6;

/** A rate x in (0, 1) as an offset from the logit of α/(α + β), exact to the last digits also where counts are in the billions. */
export function logitOffset(x: number, { alpha, beta }: BetaShape): number {
  if (alpha + beta < FEW) return Math.log((x * beta) / ((1 - x) * alpha));
  // (α + β)(x − α/(α + β)) = x β − (1 − x) α
  const [first, firstLow] = exactProduct(x, beta);
  const [second, secondLow] = exactProduct(x, alpha);
  const apart = first - (alpha - second) + (firstLow + secondLow);
  const up = apart / alpha;
  const down = -apart / beta;
  const total = alpha + beta;
  return (
    (up > -0.5 ? Math.log1p(up) : Math.log((x * total) / alpha)) -
    (down > -0.5 ? Math.log1p(down) : Math.log(((1 - x) * total) / beta))
  );
}

/** The rate at an offset from the logit of α/(α + β). */
export const rateAt = (offset: number, { alpha, beta }: BetaShape): number =>
  offset < 0 ? alpha / (alpha + beta * Math.exp(-offset)) : 1 - beta / (beta + alpha * Math.exp(offset));

/**
 * The density of the logit of a rate that is Beta(α, β), highest at ln(α/β). With p = α/(α + β), q = 1 − p and u the distance from there,
 * its logarithm is −α ln(p + q e⁻ᵘ) − β ln(q + p eᵘ), which near the mode is −npq (eᵘ − 1)(1 − e⁻ᵘ) − α g(q(e⁻ᵘ − 1)) − β g(p(eᵘ − 1)) with
 * g(y) = ln(1 + y) − y: no two large terms cancel.
 */
export function betaCurve(shape: BetaShape, origin: BetaShape = shape): Curve {
  const { alpha, beta } = shape;
  const total = alpha + beta;
  const p = alpha / total;
  const q = beta / total;
  const both = alpha * q;
  const mode = shape === origin ? 0 : logitsApart(shape, origin);
  const absolute = Math.log(origin.alpha / origin.beta);
  return {
    mode,
    scale: 1 / Math.sqrt(both),
    logRatio(point) {
      const u = point - mode;
      if (u > -NEAR && u < NEAR) {
        const up = Math.expm1(u);
        const down = -up / (1 + up);
        return both * up * down - alpha * log1pMinus(q * down) - beta * log1pMinus(p * up);
      }
      // ln(q + p eᵘ) = u + ln(p + q e⁻ᵘ): one of them does, the one whose sum cancels less and does not overflow.
      if (p < q)
        return u < FAR
          ? alpha * u - total * Math.log1p(p * Math.expm1(u))
          : -beta * u - total * Math.log(p + q * Math.exp(-u));
      return u > -FAR
        ? -beta * u - total * Math.log1p(q * Math.expm1(-u))
        : alpha * u - total * Math.log(q + p * Math.exp(u));
    },
    slope: (point) => slopeAt(point - mode),
    halfWidth(point, lift) {
      const u = point - mode;
      const odds = Math.exp(-Math.abs(u + mode + absolute));
      const curvature = (total * odds) / ((1 + odds) * (1 + odds));
      // Its logarithm has branch points where the odds are −1, at ±iπ; 0.39 of the way there leaves 0.64 from the middle of the panel.
      return widthOf(curvature, slopeAt(u), 0.39 * Math.sqrt((point + absolute) ** 2 + Math.PI ** 2), lift);
    },
  };

  function slopeAt(u: number): number {
    // n (p − rate) = npq (1 − eᵘ) / (q + p eᵘ)
    return u < 0
      ? (-both * Math.expm1(u)) / (q + p * Math.exp(u))
      : (both * Math.expm1(-u)) / (p + q * Math.exp(-u));
  }
}
