import { fnv1a32 } from "../kernel/hash.js";

const OFFSET = 0x811c9dc5 | 0;

/** FNV-1a goes on over one decimal digit. */
const digit = (state: number, value: number): number => Math.imul(state ^ (48 + value), 0x01000193);

/** FNV-1a of the decimal text of an int32 from 0. */
function ofInteger(n: number): number {
  const rest = (n / 10) | 0;
  return digit(rest > 0 ? ofInteger(rest) : OFFSET, n - rest * 10);
}

/** FNV-1a goes on over exactly five digits: divisions by constants, no loop, no branch. */
const five = (state: number, n: number): number =>
  digit(
    digit(
      digit(digit(digit(state, (n / 10_000) | 0), ((n / 1000) | 0) % 10), ((n / 100) | 0) % 10),
      ((n / 10) | 0) % 10,
    ),
    n % 10,
  );

/**
 * FNV-1a of the decimal text of a uint32 (handed over as an int32, which engines pass without a box), without making the text. Three
 * numbers of four have ten digits.
 */
function ofUnsigned(bits: number): number {
  const high = ((bits >>> 0) / 100_000) | 0;
  const low = (bits - Math.imul(high, 100_000)) | 0;
  return high >= 10_000
    ? five(five(OFFSET, high), low)
    : high > 0
      ? five(ofInteger(high), low)
      : ofInteger(low);
}

/** A hash with its seed taken in once; null for an unknown version. */
export function hasher(seed: string, version: number): ((value: string) => number) | null {
  const seeded = fnv1a32(seed) | 0;
  return version === 2
    ? (value) => ((ofUnsigned(fnv1a32(value, seeded) | 0) >>> 0) % 10_000) / 10_000
    : version === 1
      ? (value) => (fnv1a32(seed, fnv1a32(value)) % 1000) / 1000
      : null;
}

/**
 * Where a value falls in [0, 1): the hash of GrowthBook's SDK specification, over UTF-16 code units as its JavaScript SDK does, so
 * that an experiment moves over without anyone changing sides.
 *
 * Version 2: `fnv1a32(String(fnv1a32(seed + value))) % 10000 / 10000`. Version 1 (steps of 0.001, biased between experiments that
 * share a visitor; for running experiments only): `fnv1a32(value + seed) % 1000 / 1000`. Any other version: null.
 */
export function hash(seed: string, value: string, version: number): number | null {
  return hasher(seed, version)?.(value) ?? null;
}
