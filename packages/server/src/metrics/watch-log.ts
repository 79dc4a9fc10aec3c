import type { Log } from "@attune/core/ports";

export interface LogWatch {
  /** An append ended, after so many ms. */
  appended(ms: number, ok: boolean): void;
  /** A batch was handled; by record, how long after it was taken, ms. */
  folded(ms: number, latencies: readonly number[]): void;
  /** So many dead letters were written. */
  letters(count: number): void;
  /** So many entries, at most, were gone before this process could fold them. */
  lost(entries: number): void;
}

export interface WatchedLog {
  log: Log;
  /** Appends that have not ended yet, and for how long the oldest of them has been waited for, ms. */
  pending(): { count: number; oldestMs: number };
}

/**
 * An append that has taken this long, ms, is no longer counted as pending: where its promise was lost, it must not stand for the log's state
 * for ever. Whoever waits for it goes on waiting.
 */
export const ABANDONED_MS = 30_000;

/** The same log, watched. Nothing about what it does changes. */
export function watchLog(log: Log, watch: LogWatch, now: () => number = () => performance.now()): WatchedLog {
  /** Started longest ago first. */
  const started = new Map<symbol, number>();
  return {
    pending() {
      const at = now();
      for (const [token, since] of started) {
        if (at - since < ABANDONED_MS) return { count: started.size, oldestMs: at - since };
        started.delete(token);
      }
      return { count: 0, oldestMs: 0 };
    },
    log: {
      capabilities: log.capabilities,
      async append(entries) {
        const token = Symbol();
        const since = now();
        started.set(token, since);
        let ok = false;
        try {
          await log.append(entries);
          ok = true;
        } finally {
          started.delete(token);
          watch.appended(now() - since, ok);
        }
      },
      read: (shard, after, limit) => log.read(shard, after, limit),
      consume: (group, handler, options) =>
        log.consume(
          group,
          async (batch) => {
            const since = now();
            await handler(batch as never);
            const at = Date.now();
            const latencies = batch.map(({ appendedAt }) => Math.max(0, at - appendedAt));
            watch.folded(now() - since, latencies);
          },
          {
            ...options,
            onGap(gap) {
              watch.lost(gap.atMost);
              options?.onGap?.(gap);
            },
          },
        ),
      committed: (group, shard) => log.committed(group, shard),
      lag: (group) => log.lag(group),
      erase: (key) => log.erase(key),
      trim: (before) => log.trim(before),
      deadLetters: {
        async put(letters) {
          await log.deadLetters.put(letters);
          watch.letters(letters.length);
        },
        read: (after, limit) => log.deadLetters.read(after, limit),
        remove: (ids) => log.deadLetters.remove(ids),
      },
      close: () => log.close(),
    },
  };
}
