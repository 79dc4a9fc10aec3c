import type { Clock } from "@attune/core";

const MINUTE_MS = 60_000;

/**
 * A token bucket for each key: a minute's worth may come at once, and what was used comes back evenly. Keys are few, so nothing is ever
 * forgotten.
 */
export function createRateLimit(clock: Clock, perMinute: number): (principal: { id: string }) => boolean {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return ({ id }) => {
    if (perMinute === Number.POSITIVE_INFINITY) return true;
    const now = clock.now();
    const bucket = buckets.get(id) ?? { tokens: perMinute, at: now };
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.at) * perMinute) / MINUTE_MS);
    bucket.at = now;
    buckets.set(id, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
