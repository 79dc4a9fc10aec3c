/**
 * Whole numbers too large for a counter, as three that are not: their sums are exact in any order and can be taken away again, which those of floating point are not. The middle and the low word are
 * from 0 to 2³⁰ − 1, the high one has the sign.
 */
export type Wide = readonly [high: number, middle: number, low: number];

const BITS = 30n;
const MASK = (1n << BITS) - 1n;

/** a × b of safe integers, exactly. */
export function product(a: number, b: number): Wide {
  const exact = BigInt(a) * BigInt(b);
  return [Number(exact >> (2n * BITS)), Number((exact >> BITS) & MASK), Number(exact & MASK)];
}

/** What sums of words come to, to the nearest double. */
export const wideValue = (high: number, middle: number, low: number): number =>
  Number((BigInt(high) << (2n * BITS)) + (BigInt(middle) << BITS) + BigInt(low));
