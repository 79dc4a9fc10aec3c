import { requireInput } from "../check.js";
import { type Difference, tailOf } from "../level.js";
import { testedEffect, UNTOLD } from "./effect.js";
import type { Summary } from "./moments.js";

/** A test that stays valid however often it is looked at. */
export interface AlwaysValid {
  readonly value: number;
  readonly se: number;
  /** A confidence sequence: with probability `level` it covers the truth at every look at once. */
  readonly lower: number;
  readonly upper: number;
  /** Whenever one stops, the probability of a value this small without an effect is no larger than it. */
  readonly p: number;
}

export interface AlwaysValidOptions {
  readonly difference?: Difference;
  readonly level?: number;
  /** At about this many units of both variants the interval is tightest. Default 5,000. */
  readonly tightestAt?: number;
}

/**
 * The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021, "Time-uniform central limit theory", eq. 9, 155 and 161) for the effect: looks
 * in between, however many, do not raise its error. Where nothing tells by how much units vary p is 1, and the interval has no ends.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function alwaysValidTest(
  control: Summary,
  treatment: Summary,
  { difference = "relative", level = 0.95, tightestAt = 5000 }: AlwaysValidOptions = {},
): AlwaysValid {
  const alpha = 2 * tailOf(level);
  requireInput(
    tightestAt > 0,
    "/tightestAt",
    "Give the number of units at which the interval is to be tightest.",
  );
  const { value, se, control: a, treatment: b } = testedEffect(control, treatment, difference);
  if (!(se > 0)) return { value, se, ...UNTOLD };
  const { halfWidth, pOf } = sequenceAt(a.n + b.n, alpha, tightestAt);
  const half = se * halfWidth;
  return { value, se, lower: value - half, upper: value + half, p: pOf(value / se) };
}

/** Where a confidence sequence stands at n units of both variants: how wide it is on each side in standard errors, and p of a value that lies z of them from 0. */
export function sequenceAt(
  n: number,
  alpha: number,
  tightestAt: number,
): { halfWidth: number; pOf(z: number): number } {
  const logs = -2 * Math.log(alpha);
  const rho2 = (logs + Math.log(logs + 1)) / tightestAt;
  const spread = n * rho2 + 1;
  return {
    halfWidth: Math.sqrt(((2 * spread) / (n * rho2)) * Math.log(Math.sqrt(spread) / alpha)),
    pOf(z) {
      const logEvidence = (n * rho2 * z * z) / (2 * spread) - 0.5 * Math.log(spread);
      return Math.min(1, Math.exp(-logEvidence));
    },
  };
}

/**
 * The mixture sequential probability ratio test with a normal mixture of standard deviation τ over effects (Johari, Koomen, Pekelis and Walsh 2015).
 *
 * @returns ln Λ, the always valid p = min(1, 1/Λ) of this look (take the least of all looks), and half of the interval's width
 */
export function mixtureTest(
  value: number,
  se: number,
  { tau, level = 0.95 }: { tau: number; level?: number },
): { logLikelihoodRatio: number; p: number; halfWidth: number } {
  const alpha = 2 * tailOf(level);
  requireInput(se > 0, "/se", "Give a standard error above 0.");
  requireInput(tau > 0, "/tau", "Give the standard deviation of the effects that are expected: above 0.");
  const [own, mixed] = [se * se, tau * tau];
  const both = own + mixed;
  const logLikelihoodRatio = 0.5 * Math.log(own / both) + (mixed * value * value) / (2 * own * both);
  return {
    logLikelihoodRatio,
    p: Math.min(1, Math.exp(-logLikelihoodRatio)),
    halfWidth: Math.sqrt(((own * both) / mixed) * (Math.log(both / own) - 2 * Math.log(alpha))),
  };
}
