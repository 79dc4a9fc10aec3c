import type { Clock } from "@attune/core";
import type { Store } from "@attune/core/ports";
import { modelsPartition } from "@attune/ml/registry";
import { LEASE_MS, RENEW_MS, trainedElsewhere } from "./training-lease.js";

/** How the latest training of a model goes, or went. Plain data. */
export interface TrainingState {
  state: "running" | "done" | "failed";
  /** Epoch ms. */
  startedAt: number;
  endedAt: number | null;
  /** What came of it. */
  version: string | null;
  /** What was done with it: put in force, tried, or only kept. */
  step: "promote" | "canary" | "kept" | null;
  /** Why it failed, or why it was only kept. */
  words: string | null;
}

/** As it is kept: who trains says now and then that it goes on, so that what died with its process is begun anew. */
export interface TrainingRecord extends TrainingState {
  /** Epoch ms; 0: it was cut off. */
  aliveAt: number;
}

const sortOf = (name: string): string => `t/${name}`;
/** As it is shown to people. */
export const shown = ({ aliveAt: _, ...state }: TrainingRecord): TrainingState => state;

interface RecordOptions {
  /** The durable store. */
  store: Store;
  clock: Clock;
}

/** A training of this process: its record as it was written last, and the version that the store gave it. */
export interface Claimed {
  state: TrainingRecord;
  version: number;
}

/** What is known of trainings, in the store. */
export function createRecords({ store, clock }: RecordOptions) {
  const read = (site: string, name: string) => store.get<TrainingRecord>(modelsPartition(site), sortOf(name));
  const isLost = ({ state, aliveAt }: TrainingRecord): boolean =>
    state === "running" && clock.now() - aliveAt >= LEASE_MS;
  return {
    read,
    isLost,
    /** The version of the record by now; null where it is another process's meanwhile, which is left as it is. */
    async write(site: string, name: string, { state, version }: Claimed): Promise<number | null> {
      const put = await store.put(modelsPartition(site), sortOf(name), state, { ifVersion: version });
      return put.written ? put.version : null;
    },
    /** Null where somebody else trains it. */
    async claim(site: string, name: string): Promise<Claimed | null> {
      const known = await read(site, name);
      const now = clock.now();
      if (known?.value.state === "running" && !isLost(known.value)) return null;
      const state: TrainingRecord = {
        ...{ state: "running", startedAt: now, endedAt: null, aliveAt: now },
        ...{ version: null, step: null, words: null },
      };
      const ifVersion = known?.version ?? 0;
      const { written, version } = await store.put(modelsPartition(site), sortOf(name), state, { ifVersion });
      return written ? { state, version } : null;
    },
  };
}

export type Records = ReturnType<typeof createRecords>;

/** Says of a training that it goes on, from when it was asked for: one that waits for its turn is alive as well. */
export interface Sign {
  /** Aborted where the record is another process's by now, which has begun it anew. */
  readonly lost: AbortSignal;
  /** Says what came of it, the last that is said. */
  end(more: Partial<TrainingRecord>): Promise<void>;
}

export function signOfLife(
  { site, name, claimed }: { site: string; name: string; claimed: Claimed },
  { records, clock, report }: { records: Records; clock: Clock; report(error: unknown): void },
): Sign {
  const lost = new AbortController();
  let { version } = claimed;
  let noted: Promise<unknown> = Promise.resolve();
  // One after another: that it goes on must not be written over that it has ended.
  function note(more: Partial<TrainingRecord>): Promise<void> {
    const writing = noted.then(async () => {
      if (lost.signal.aborted) return;
      const next = await records.write(site, name, { state: { ...claimed.state, ...more }, version });
      if (next === null) lost.abort(trainedElsewhere());
      else version = next;
    });
    noted = writing.catch(() => undefined);
    return writing;
  }
  const timer = setInterval(() => void note({ aliveAt: clock.now() }).catch(report), RENEW_MS).unref();
  return {
    lost: lost.signal,
    end(more) {
      clearInterval(timer);
      return note(more);
    },
  };
}
