import type { RandomSource } from "../../kernel/random.js";

const MIN_MS = 500;
const MAX_MS = 60_000;
/** The longest that a server may ask to wait. */
export const RETRY_AFTER_MAX_MS = 3_600_000;

/** Ms to wait after the n-th failure in a row: what the server asked for, between half a second and an hour, else exponential with full jitter (0.5–60 s). */
export function backOff(failures: number, afterMs: number | undefined, random: RandomSource): number {
  if (afterMs !== undefined) return Math.min(RETRY_AFTER_MAX_MS, Math.max(MIN_MS, afterMs));
  return MIN_MS + random() * (Math.min(MAX_MS, MIN_MS * 2 ** failures) - MIN_MS);
}
