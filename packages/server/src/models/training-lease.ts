import { AttuneError, type Clock } from "@attune/core";
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
  /** The same for people, as in `attune train, process 4711`: told to whoever waits. */
  who: string;
  /** Told once of each that it waits for. */
  waiting?(who: string): void;
  /** Ends the wait. */
  signal: AbortSignal;
  report(error: unknown): void;
}

export interface TrainingLease {
  /** Aborted where others may have taken it, since this process was silent for too long. */
  readonly lost: AbortSignal;
  end(): Promise<void>;
}

/** As it lies in the store. */
interface Held {
  v: 1;
  holder: string;
  /** Not there where an older version of this program holds it. */
  who?: string;
}

/** Why a training is dropped that others have begun meanwhile. */
export const trainedElsewhere = (): AttuneError =>
  new AttuneError(
    "ATTUNE_SERVER_TRAINING_LOST",
    "This process was silent for so long that another may train by now; what it had come to here is dropped.",
  );

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
  const { store, clock, holder, who, signal, report, waiting } = options;
  const value: Held = { v: 1, holder, who };
  const put = (ifVersion: number) =>
    store.put(PARTITION, SORT, value, { ifVersion, expiresAt: clock.now() + LEASE_MS });
  const read = () => store.get<Held>(PARTITION, SORT);
  let told: string | null = null;
  let taken = await put(0);
  while (!taken.written) {
    const other = waiting && (await read());
    if (other && other.value.holder !== told) {
      told = other.value.holder;
      waiting(other.value.who ?? "another process");
    }
    await pause(AGAIN_MS, signal);
    if (signal.aborted) return null;
    taken = await put(0);
  }
  const lost = new AbortController();
  /** Versions begin anew where a lease has run out, so whose it is counts as well. */
  async function renew(): Promise<void> {
    const found = await read();
    const isOurs = found?.value.holder === holder && (await put(found.version)).written;
    if (!isOurs) lost.abort(trainedElsewhere());
  }
  let renewing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renewing.then(renew).catch(report);
  }, RENEW_MS).unref();
  return {
    lost: lost.signal,
    async end() {
      clearInterval(timer);
      await renewing;
      const found = await read();
      if (found?.value.holder !== holder) return;
      // By its version: what another has taken in between is not ours to remove. Stores remove without a condition, so it runs out at once.
      await store.put(PARTITION, SORT, value, { ifVersion: found.version, expiresAt: clock.now() });
    },
  };
}
