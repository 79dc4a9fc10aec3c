import type { Clock } from "@attune/core";

/** Whose requests are counted together: those of a key or session, or those of an address that showed no valid one. */
export type RateName = "key" | "address";

export interface RateLimit {
  /** Counts a request. `headers` tell the caller how it stands; null where nothing is limited. */
  take(id: string): RateVerdict | null;
  readonly size: number;
}

export interface RateVerdict {
  admitted: boolean;
  /** Until one more request is admitted, whole seconds from 1; only where this one was not. */
  retryAfter: number;
  headers: Readonly<Record<string, string>>;
}

export interface RateOptions {
  name: RateName;
  perMinute: number;
  clock: Clock;
  /** Buckets kept at most; the one that was used longest ago goes first, and its owner starts with a full one (default 10,000). */
  max?: number;
}

const MINUTE_S = 60;

/**
 * A token bucket for each id: a minute's worth may come at once, and what was used comes back evenly. `RateLimit` and `RateLimit-Policy`
 * are those of draft-ietf-httpapi-ratelimit-headers-10: `r` requests are left now, and in `t` seconds all are. O(1) per request.
 */
export function createRateLimit({ name, perMinute, clock, max = 10_000 }: RateOptions): RateLimit {
  /** Used longest ago first. */
  const buckets = new Map<string, { tokens: number; at: number }>();
  const perSecond = perMinute / MINUTE_S;
  const policy = `"${name}";q=${perMinute};w=${MINUTE_S}`;
  return {
    get size() {
      return buckets.size;
    },
    take(id) {
      if (perMinute === Number.POSITIVE_INFINITY) return null;
      const now = clock.now();
      const before = buckets.get(id);
      // A clock that is set back gives nothing and takes nothing.
      const elapsed = before ? Math.max(0, now - before.at) / 1000 : 0;
      let tokens = Math.min(perMinute, (before?.tokens ?? perMinute) + elapsed * perSecond);
      const admitted = tokens >= 1;
      if (admitted) tokens -= 1;
      buckets.delete(id);
      buckets.set(id, { tokens, at: now });
      if (buckets.size > max) buckets.delete(buckets.keys().next().value as string);
      const whole = Math.ceil((perMinute - tokens) / perSecond);
      return {
        admitted,
        retryAfter: admitted ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond)),
        headers: {
          "ratelimit-policy": policy,
          ratelimit: `"${name}";r=${Math.floor(tokens)};t=${whole}`,
        },
      };
    },
  };
}

/**
 * What stands for an address: an IPv4 address itself, also where it is mapped into IPv6; of an IPv6 address the first 64 bits, since whoever
 * has one has all of those.
 */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.toLowerCase().split("%", 1)[0]?.split("::") ?? [];
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::") ? Math.max(0, 8 - left.length - right.length) : 0;
  const groups = [...left, ...new Array<string>(zeros).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
