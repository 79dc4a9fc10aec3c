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
/** So many visitors in a row are surely different ones: enough to tell silence at a share of 0.7 % and more. A visitor is counted again after so many others at the earliest. */
const MOST_VISITORS = 2048;

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
  visitors: DifferentVisitors;
  changed: boolean;
}

/** What a process writes of a version. */
interface StoredEvidence extends VersionEvidence {
  /** Different visitors; not there where an older version of this package wrote it. */
  visitors?: number;
}

/** How many visitors each process has counted of a version: different ones, but for those who come again after {@link MOST_VISITORS} others. */
export type Visitors = ReadonlyMap<string, number>;

/** What all processes have seen of a version. */
export interface Seen {
  evidence: VersionEvidence;
  visitors: Visitors;
}

export const NOTHING_SEEN: Seen = { evidence: NO_EVIDENCE, visitors: new Map() };

/**
 * How many different visitors there were since then, or fewer: as many as the process has met that has met most. Those of several are not added up, since each may have met the same ones.
 */
export function visitorsSince(now: Visitors, before: Visitors = new Map()): number {
  let most = 0;
  for (const [writer, count] of now) most = Math.max(most, count - (before.get(writer) ?? 0));
  return Math.min(MOST_VISITORS, most);
}

/** Counts visitors by the keys that their versions are chosen by. Remembers up to twice {@link MOST_VISITORS} of them, in two generations. */
class DifferentVisitors {
  count = 0;
  private young = new Set<string>();
  private old = new Set<string>();

  add(key: string): void {
    if (this.young.has(key) || this.old.has(key)) return;
    this.count += 1;
    this.young.add(key);
    if (this.young.size < MOST_VISITORS) return;
    this.old = this.young;
    this.young = new Set();
  }
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
  /** Whom a version was asked about, by what their versions are chosen by: only how many different ones there were is written. */
  countKeys(of: Counted, keys: readonly string[]): void;
  /** From now on predictions of this model count for this trial. */
  setRun(site: string, name: string, run: number): void;
  /** Writes what this process has counted since the last time. What could not be written is written the next time. */
  flush(): Promise<void>;
  /** What all of them have written of a trial, by version. */
  read(site: string, name: string, run: number): Promise<ReadonlyMap<string, Seen>>;
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
      visitors: new DifferentVisitors(),
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
    countKeys(of, keys) {
      const tally = tallyOf(of);
      for (const key of keys) tally.visitors.add(key);
      tally.changed = true;
    },
    async flush() {
      for (const [key, tally] of tallies) {
        const { site, name, run, version, changed, ...sums } = tally;
        if (!changed) {
          // Of a trial that is over nothing more is counted.
          if (run !== (runs.get(`${site}/${name}`) ?? 0)) tallies.delete(key);
          continue;
        }
        tally.changed = false;
        const evidence: StoredEvidence = {
          ...{ predictions: sums.predictions, errors: sums.errors, notFinite: sums.notFinite },
          ...{ latency: { ...sums.latency }, lastAt: sums.lastAt, visitors: sums.visitors.count },
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
      const found = new Map<string, Seen>();
      const prefix = runKey(name, run);
      for await (const { sort, value } of store.scan<StoredEvidence>(modelsPartition(site), { prefix })) {
        const [version = "", by = ""] = sort.slice(prefix.length).split("/");
        const { evidence, visitors } = found.get(version) ?? NOTHING_SEEN;
        found.set(version, {
          evidence: addEvidence(evidence, value),
          visitors: new Map([...visitors, [by, value.visitors ?? 0]]),
        });
      }
      return found;
    },
  };
}
