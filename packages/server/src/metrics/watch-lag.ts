import type { Log } from "@attune/core/ports";

export interface LagWatch {
  /** As last asked, and by how many a second it became smaller since the time before; null until the log has answered. */
  lag(): { runs: number; perSecond: number } | null;
  close(): void;
}

/** The consumer group of the service's fold. */
const FOLD_GROUP = "fold";
const EVERY_MS = 1000;

/** Asks the log once a second how much waits for its fold; never twice at once. */
export function watchLag(log: Log, report: (error: unknown) => void): LagWatch {
  let last: { runs: number; perSecond: number; at: number } | null = null;
  let asking = false;
  let failed = false;
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      const runs = await log.lag(FOLD_GROUP);
      const at = performance.now();
      const perSecond = last === null ? 0 : ((last.runs - runs) * 1000) / Math.max(1, at - last.at);
      last = { runs, perSecond, at };
      failed = false;
    } catch (error) {
      // Once, not every second for as long as the log is away.
      if (!failed) report(error);
      failed = true;
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void ask(), EVERY_MS);
  timer.unref();
  return { lag: () => last, close: () => clearInterval(timer) };
}
