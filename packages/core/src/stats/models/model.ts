import type { Moments } from "../effects/moments.js";
import type { BestComparison, PairComparison } from "../posterior/compare.js";
import type { Interval } from "../posterior/difference.js";

/**
 * How beliefs of a metric are formed. `beta`: the exact belief of a rate. `student`: a mean of any values, normal–inverse-gamma. `gamma-poisson`: events that come by themselves.
 * `beta-gamma`: how many buy, times for how much. `delta`: a quotient of two sums. `cuped`: with what was known before taken out.
 */
export type Method = "beta" | "student" | "gamma-poisson" | "beta-gamma" | "delta" | "cuped";

/** Why it was this one. */
export type MethodReason =
  | "rates-have-an-exact-belief"
  | "means-of-any-values"
  | "events-come-by-themselves"
  /** They vary between units by more than chance would have it, so each unit is one value. */
  | "events-cluster"
  | "few-buy-and-for-much"
  /** Refunds outweigh: no distribution of purchases has that. */
  | "revenue-below-zero"
  | "quotient-of-two-sums"
  | "known-before";

/** Treatment and control as a large sample sees them, for tests that stay valid under looking. */
export interface Contrast {
  readonly control: Moments;
  readonly treatment: Moments;
  /** What relative figures are relative to. */
  readonly baseline: number;
  /** Standard error of the difference if there were none, where that is not what the moments say. */
  readonly errorOfNone?: number;
  /** Of both together, where a large sample is one of events: how many happened, of rates how many did not if those are fewer. */
  readonly events?: number;
}

/** What is believed of one metric in each of several arms. Arms are told by their index. */
export interface Model {
  readonly method: Method;
  readonly reason: MethodReason;
  /** Units and value as they were seen. */
  readonly seen: readonly { readonly units: number; readonly value: number }[];
  /** By what share CUPED made the variance smaller; null without it. */
  readonly varianceReduction: number | null;
  /** The arm by itself, `tail` left out on each side. */
  own(arm: number, tail: number): Interval;
  /** How dense the belief of the arm is at a value, in no unit. */
  density(arm: number, value: number): number;
  /** `a` is the control, `b` the treatment. */
  compare(control: number, treatment: number): PairComparison;
  difference(control: number, treatment: number, tail: number): Interval;
  /** Relative to the control; null where the control may be 0. */
  uplift(control: number, treatment: number, tail: number): Interval | null;
  best(lowerIsBetter: boolean): BestComparison;
  contrast(control: number, treatment: number): Contrast;
}
