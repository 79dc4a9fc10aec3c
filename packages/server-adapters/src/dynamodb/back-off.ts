import type { RandomSource } from "@attune/core";

export interface BackOffOptions {
  /** The first wait is up to this long, ms (default 25). */
  baseMs?: number;
  /** No wait is longer, ms (default 2000). */
  capMs?: number;
  /** Tries of one request in all, the first included (default 10). With the defaults the waits between them are some 4 s together on average. */
  attempts?: number;
}

/** How long to wait before a request is sent again. One for all requests of a store: what one has learnt, the others heed. */
export interface BackOff {
  readonly attempts: number;
  /** Waits after a failed try; `attempt` counts from 1. */
  pause(attempt: number): Promise<void>;
  /** Told of every answer: the pace is found again step by step. */
  relax(): void;
}

/**
 * Exponential back-off with full jitter (any wait from nothing to the ceiling is as likely as another). The ceiling doubles with each try
 * of a request. How high it had to go is remembered for all and forgotten answer by answer, so that under throttling a new request does not
 * begin at the shortest wait again; many that fail at the same moment raise it no higher than one.
 */
export function createBackOff(
  { baseMs = 25, capMs = 2000, attempts = 10 }: BackOffOptions,
  random: RandomSource,
  wait: (ms: number) => Promise<void>,
): BackOff {
  let level = baseMs;
  return {
    attempts,
    async pause(attempt) {
      level = Math.min(capMs, Math.max(level, baseMs * 2 ** (attempt - 1)));
      await wait(random() * level);
    },
    relax() {
      level = Math.max(baseMs, level * 0.8);
    },
  };
}
