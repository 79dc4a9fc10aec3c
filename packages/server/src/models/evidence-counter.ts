import type { Store } from "@attune/core/ports";
import {
  addEvidence,
  latencyBucket,
  modelsPartition,
  NO_EVIDENCE,
  type VersionEvidence,
} from "@attune/ml/registry";

/** What is kept of a trial after its last prediction, ms. */
const KEPT_MS = 30 * 86_400_000;
const DIGITS = 6;

/** Predictions of one call. */
export interface Scored {
  rows: number;
  /** Of them those without an answer. */
  errors: number;
  /** Of them those whose answer is no number in [0, 1]. */
  notFinite: number;
  /** How long the call took, ms; null where nothing was asked. */
  ms: number | null;
}

/** Which version of which model of which site. */
export interface Counted {
  site: string;
  name: string;
  version: string;
}

interface Tally extends Counted {
  run: number;
  predictions: number;
  errors: number;
  notFinite: number;
  latency: Record<number, number>;
  lastAt: number;
  changed: boolean;
}

export interface EvidenceOptions {
  store: Store;
  now(): number;
  /** Names this process among those that count; unguessable, so that no two have the same. */
  writer: string;
}

/** What the processes that score have seen of each version, by trial. */
export interface EvidenceCounter {
  count(of: Counted, scored: Scored): void;
  /** From now on predictions of this model count for this trial. */
  setRun(site: string, name: string, run: number): void;
  /** Writes what this process has counted since the last time. What could not be written is written the next time. */
  flush(): Promise<void>;
  /** What all of them have written of a trial, by version. */
  read(site: string, name: string, run: number): Promise<ReadonlyMap<string, VersionEvidence>>;
}

const runKey = (name: string, run: number): string => `e/${name}/${String(run).padStart(DIGITS, "0")}/`;

/**
 * Counts in memory and writes a record of its own for each version, so that processes never wait for each other. A process that dies takes with it what it has counted since it last
 * wrote, of both versions alike.
 */
export function createEvidenceCounter({ store, now, writer }: EvidenceOptions): EvidenceCounter {
  const runs = new Map<string, number>();
  const tallies = new Map<string, Tally>();

  function tallyOf({ site, name, version }: Counted): Tally {
    const run = runs.get(`${site}/${name}`) ?? 0;
    const key = `${site}/${name}/${version}`;
    const known = tallies.get(key);
    if (known?.run === run) return known;
    const made: Tally = {
      ...{ site, name, version, run, changed: false },
      ...{ predictions: 0, errors: 0, notFinite: 0, latency: {}, lastAt: 0 },
    };
    tallies.set(key, made);
    return made;
  }

  return {
    setRun(site, name, run) {
      runs.set(`${site}/${name}`, run);
    },
    count(of, { rows, errors, notFinite, ms }) {
      const tally = tallyOf(of);
      tally.predictions += rows;
      tally.errors += errors;
      tally.notFinite += notFinite;
      tally.lastAt = now();
      tally.changed = true;
      if (ms === null || rows === 0) return;
      // By row: whose calls hold more rows is decided by the share of visitors, and says nothing of the model.
      const bucket = latencyBucket(ms / rows);
      tally.latency[bucket] = (tally.latency[bucket] ?? 0) + 1;
    },
    async flush() {
      for (const tally of tallies.values()) {
        if (!tally.changed) continue;
        tally.changed = false;
        const { site, name, run, version, changed: _, ...sums } = tally;
        const evidence: VersionEvidence = {
          ...{ predictions: sums.predictions, errors: sums.errors, notFinite: sums.notFinite },
          ...{ latency: { ...sums.latency }, lastAt: sums.lastAt },
        };
        const sort = `${runKey(name, run)}${version}/${writer}`;
        try {
          await store.put(modelsPartition(site), sort, evidence, { expiresAt: now() + KEPT_MS });
        } catch (error) {
          tally.changed = true;
          throw error;
        }
      }
    },
    async read(site, name, run) {
      const found = new Map<string, VersionEvidence>();
      const prefix = runKey(name, run);
      for await (const { sort, value } of store.scan<VersionEvidence>(modelsPartition(site), { prefix })) {
        const [version = ""] = sort.slice(prefix.length).split("/");
        found.set(version, addEvidence(found.get(version) ?? NO_EVIDENCE, value));
      }
      return found;
    },
  };
}
