import type { ServiceContext } from "../context.js";
import { FOLD_GROUP } from "../fold/worker.js";
import type { Pressure, Sampling } from "./sampling.js";

/** Watches what weighs on the service, for the sampling at its door. */
export interface Load {
  /** A batch that is being taken in. The work calls `rest` once nothing but its fold is waited for: from then on it weighs nothing. */
  taking<T>(work: (rest: () => void) => Promise<T>): Promise<T>;
  /** What makes a batch durable. */
  storing<T>(work: () => Promise<T>): Promise<T>;
}

const ASK_MS = 1000;

/** The log is asked for its lag in the background, once a second at most and only while events come. */
export function createLoad(
  { log, clock, report }: Pick<ServiceContext, "log" | "clock" | "report">,
  sampling: Sampling,
): Load {
  const now: { -readonly [K in keyof Pressure]: number } = { lag: 0, inFlight: 0, appendMs: 0 };
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking = false;

  const askLag = (): void => {
    if (log === null || asking || Math.abs(clock.now() - askedAt) < ASK_MS) return;
    askedAt = clock.now();
    asking = true;
    const ask = async (): Promise<void> => {
      now.lag = await log.lag(FOLD_GROUP);
    };
    void ask()
      .catch(report)
      .finally(() => {
        asking = false;
      });
  };

  return {
    // Neither waits itself, so that neither holds what the work takes in until it is done.
    taking(work) {
      now.inFlight++;
      askLag();
      sampling.told(now);
      let weighs = true;
      const rest = (): void => {
        if (weighs) now.inFlight--;
        weighs = false;
      };
      return work(rest).finally(rest);
    },
    storing(work) {
      const began = clock.now();
      return work().finally(() => {
        now.appendMs = Math.max(0, clock.now() - began);
      });
    },
  };
}
