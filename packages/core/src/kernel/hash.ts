/**
 * 32-bit FNV-1a over UTF-16 code units (Fowler, Noll, Vo; the form that GrowthBook's JavaScript SDK uses).
 * Fast and well spread; no protection against an adversary.
 */
export function fnv1a32(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** 16 hex digits that name a content (two FNV-1a passes from different seeds). For versions and conflict checks, not security. */
export function contentHash(text: string): string {
  const first = fnv1a32(text);
  const second = fnv1a32(text, first ^ 0x5bd1e995);
  return first.toString(16).padStart(8, "0") + second.toString(16).padStart(8, "0");
}
