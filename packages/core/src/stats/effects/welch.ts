import { requireInput } from "../check.js";
import { type Difference, tailOf } from "../level.js";
import { studentTCdf, studentTQuantile } from "../special/student-t.js";
import { testedEffect, UNTOLD } from "./effect.js";
import type { Summary } from "./moments.js";

/** A test of no difference at a size of the sample that was fixed before. */
export interface FixedTest {
  readonly value: number;
  readonly se: number;
  readonly lower: number;
  readonly upper: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * Welch's t-test, with Satterthwaite's degrees of freedom. It holds for one look at the end only; for looks in between use `alwaysValidTest`.
 * Where nothing tells by how much units vary p is 1, and the interval has no ends.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`, also for fewer than two units of a variant
 */
export function welchTest(
  control: Summary,
  treatment: Summary,
  { difference = "relative", level = 0.95 }: { difference?: Difference; level?: number } = {},
): FixedTest {
  const tail = tailOf(level);
  const { value, se, control: a, treatment: b } = testedEffect(control, treatment, difference);
  for (const [name, { n }] of [
    ["control", a],
    ["treatment", b],
  ] as const)
    requireInput(
      n >= 2,
      `/${name}/n`,
      "One unit does not tell by how much values vary; it takes at least two.",
    );
  if (!(se > 0)) return { value, se, ...UNTOLD };
  const [ofA, ofB] = [a.variance / a.n, b.variance / b.n];
  const df = ofA + ofB > 0 ? (ofA + ofB) ** 2 / (ofA ** 2 / (a.n - 1) + ofB ** 2 / (b.n - 1)) : a.n + b.n - 2;
  const t = studentTQuantile(1 - tail, df);
  return {
    ...{ value, se, lower: value - t * se, upper: value + t * se },
    p: 2 * studentTCdf(-Math.abs(value / se), df),
  };
}
