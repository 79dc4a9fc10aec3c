import type { Clock } from "@attune/core";
import type { Store } from "@attune/core/ports";

/** Of no site: one lease for all of them. */
const PARTITION = "_/models";
const SORT = "training";
/** How long whoever trains may be silent, ms, and after which it says that it goes on. */
export const LEASE_MS = 60_000;
export const RENEW_MS = 15_000;
/** After which it is looked again whether somebody else has ended, ms. */
const AGAIN_MS = 2000;

export interface LeaseOptions {
  store: Store;
  clock: Clock;
  /** Names whoever holds it; unguessable. */
  holder: string;
  /** Ends the wait. */
  signal: AbortSignal;
  report(error: unknown): void;
}

export interface TrainingLease {
  /** Aborted where others may have taken it, since this process was silent for too long. */
  readonly lost: AbortSignal;
  end(): Promise<void>;
}

/** So long, or until it is aborted. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });

/**
 * Waits until nobody else trains, in whatever process; a training takes memory and a processor, which those that serve need. Who dies over it is waited for no longer than a minute. Null: the
 * wait was ended.
 */
export async function leaseTraining(options: LeaseOptions): Promise<TrainingLease | null> {
  const { store, clock, holder, signal, report } = options;
  const value = { v: 1, holder };
  const put = (ifVersion: number) =>
    store.put(PARTITION, SORT, value, { ifVersion, expiresAt: clock.now() + LEASE_MS });
  while (!(await put(0)).written) {
    await pause(AGAIN_MS, signal);
    if (signal.aborted) return null;
  }
  const lost = new AbortController();
  /** Versions begin anew where a lease has run out, so whose it is counts as well. */
  async function renew(): Promise<void> {
    const found = await store.get<{ holder: string }>(PARTITION, SORT);
    const isOurs = found?.value.holder === holder && (await put(found.version)).written;
    if (!isOurs) lost.abort();
  }
  const timer = setInterval(() => void renew().catch(report), RENEW_MS).unref();
  return {
    lost: lost.signal,
    async end() {
      clearInterval(timer);
      const found = await store.get<{ holder: string }>(PARTITION, SORT);
      if (found?.value.holder === holder) await store.delete(PARTITION, SORT);
    },
  };
}
