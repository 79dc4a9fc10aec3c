import { AttuneError } from "@attune/core";

/** Buckets per doubling of a latency: each is 9 % wide. */
const PER_DOUBLING = 8;
/** The first bucket's upper bound, ms. */
const LEAST_MS = 0.001;
/** Up to 16 s; what takes longer is in the last one. */
export const LATENCY_BUCKETS = 24 * PER_DOUBLING;

/** What was seen of one version while it was tried, or compared with what was tried. Plain data; all but `lastAt` are sums. */
export interface VersionEvidence {
  /** Rows that were to be scored, failed ones among them. */
  readonly predictions: number;
  /** Of them those without an answer: the scorer failed, or could not be loaded. */
  readonly errors: number;
  /** Of them those whose score was NaN, infinite or outside [0, 1]. */
  readonly notFinite: number;
  /** Calls by how long they took, see {@link latencyBucket}; those of 0 are left out. */
  readonly latency: Readonly<Record<number, number>>;
  /** Latest prediction, epoch ms; 0: none. */
  readonly lastAt: number;
}

export const NO_EVIDENCE: VersionEvidence = {
  predictions: 0,
  errors: 0,
  notFinite: 0,
  latency: {},
  lastAt: 0,
};

/** Which bucket a latency (ms) falls into, in 0 … {@link LATENCY_BUCKETS} − 1. */
export const latencyBucket = (ms: number): number =>
  ms > LEAST_MS ? Math.min(LATENCY_BUCKETS - 1, Math.ceil(Math.log2(ms / LEAST_MS) * PER_DOUBLING)) : 0;

/** A bucket's upper bound, ms. */
export const latencyBound = (bucket: number): number => LEAST_MS * 2 ** (bucket / PER_DOUBLING);

/** What two processes, or two spans of time, have seen together. */
export function addEvidence(a: VersionEvidence, b: VersionEvidence): VersionEvidence {
  const latency: Record<number, number> = { ...a.latency };
  for (const [bucket, calls] of Object.entries(b.latency))
    latency[Number(bucket)] = (latency[Number(bucket)] ?? 0) + calls;
  return {
    predictions: a.predictions + b.predictions,
    errors: a.errors + b.errors,
    notFinite: a.notFinite + b.notFinite,
    latency,
    lastAt: Math.max(a.lastAt, b.lastAt),
  };
}

const callsOf = ({ latency }: VersionEvidence): number =>
  Object.values(latency).reduce((sum, calls) => sum + calls, 0);

/**
 * The latency (ms) that a share of calls stays below, as the upper bound of its bucket: at most 9 % too high. Null without calls.
 *
 * @throws AttuneError `ATTUNE_MODEL_SHARE` for a share outside (0, 1].
 */
export function latencyQuantile(evidence: VersionEvidence, share: number): number | null {
  if (!(share > 0 && share <= 1))
    throw new AttuneError("ATTUNE_MODEL_SHARE", "A quantile is of a share above 0, up to 1.", {
      path: "/share",
    });
  const calls = callsOf(evidence);
  if (calls === 0) return null;
  let below = 0;
  for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    below += evidence.latency[bucket] ?? 0;
    if (below >= share * calls) return latencyBound(bucket);
  }
  return latencyBound(LATENCY_BUCKETS - 1);
}

/** How many calls took surely longer than a bound (ms), of how many. */
export function slowerThan(evidence: VersionEvidence, ms: number): { slow: number; calls: number } {
  const first = latencyBucket(ms) + 1;
  const slow = Object.entries(evidence.latency).reduce(
    (sum, [bucket, calls]) => sum + (Number(bucket) >= first ? calls : 0),
    0,
  );
  return { slow, calls: callsOf(evidence) };
}
