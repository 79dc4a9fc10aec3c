/** A source of numbers in [0, 1). Handed in wherever chance is needed. */
export type RandomSource = () => number;

/**
 * A small seeded generator (Mulberry32, period 2^32) for tests, simulations and shuffles that must repeat.
 * Not for secrets.
 */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// A proven boundary: browsers, Node from 19 on, workers and edge runtimes all have it.
const fill = (words: Uint32Array): void =>
  (globalThis as unknown as { crypto: { getRandomValues(words: Uint32Array): void } }).crypto.getRandomValues(
    words,
  );

/** Platform randomness of cryptographic quality: identifiers made from it cannot be guessed. */
export const secureRandom: RandomSource = () => {
  const words = new Uint32Array(1);
  fill(words);
  return (words[0] as number) / 4294967296;
};

/** As {@link secureRandom}, drawn in blocks of 256, which is several times faster: for where many are needed. */
export function createSecureRandom(): RandomSource {
  const words = new Uint32Array(256);
  let next = words.length;
  return () => {
    if (next === words.length) {
      fill(words);
      next = 0;
    }
    return (words[next++] as number) / 4294967296;
  };
}
