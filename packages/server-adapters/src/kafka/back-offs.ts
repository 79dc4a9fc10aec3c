const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 10_000;

export interface BackOffs {
  /** Calls `resume` after a wait that doubles with every refusal in a row, from 50 ms to 10 s. */
  wait(shard: number, resume: () => void): void;
  /** The shard's batch was taken. */
  forget(shard: number): void;
  stop(): void;
}

/** The waits of shards whose batches were refused. */
export function backOffs(): BackOffs {
  const failures = new Map<number, number>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  return {
    wait(shard, resume) {
      const count = failures.get(shard) ?? 0;
      failures.set(shard, count + 1);
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          resume();
        },
        Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** count),
      );
      timers.add(timer);
    },
    forget: (shard) => void failures.delete(shard),
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
