import { fnv1a32 } from "../../kernel/hash.js";

/** Remembers that keys came by, in memory that does not grow: a Bloom filter, from which no key can be read back. */
export interface Seen {
  add(key: string): void;
  /** Never false for a key that was added; true by mistake for about 1 in 100 once 100,000 others were. */
  has(key: string): boolean;
}

/** 128 KiB. */
const BITS = 1 << 20;
const PROBES = 4;

/** Probes are spaced by a second hash (Kirsch and Mitzenmacher, "Less hashing, same performance", 2006). */
export function createSeen(): Seen {
  const bits = new Uint32Array(BITS / 32);
  const probe = (key: string, each: (word: number, bit: number) => boolean): boolean => {
    const first = fnv1a32(key);
    const step = fnv1a32(key, first ^ 0x5bd1e995) | 1;
    for (let i = 0; i < PROBES; i++) {
      const at = (first + Math.imul(i, step)) & (BITS - 1);
      if (!each(at >>> 5, 1 << (at & 31))) return false;
    }
    return true;
  };
  return {
    add(key) {
      probe(key, (word, bit) => {
        bits[word] = (bits[word] as number) | bit;
        return true;
      });
    },
    has: (key) => probe(key, (word, bit) => ((bits[word] as number) & bit) !== 0),
  };
}
