import type { Clock } from "@attune/core";
import type { AtomicStore, StoreOp, StoreRecord } from "@attune/core/ports";
import { contended } from "./errors.js";
import {
  checked,
  type DurableHead,
  HEAD,
  type HotHead,
  type HotRow,
  type IntentOp,
  LAYOUT,
  RECORD,
  residentKey,
} from "./layout.js";

/** How long it is remembered that a partition does not exist, ms. */
const ABSENT_MS = 300_000;
/** A partition that is lost so often during one call is not served. */
const TRIES = 50;

/** Some rows of a resident partition, and whose state they are. */
export interface Snapshot {
  head: HotHead;
  /** Version of the head in the hot tier: a change since then is a change of it. */
  version: number;
  /** Those asked for, in their order. */
  rows: (StoreRecord<HotRow> | null)[];
}

export interface HotOptions {
  store: AtomicStore;
  clock: Clock;
  hotTtlMs: number | undefined;
  /** Fills a partition that is not resident. */
  fill(partition: string): Promise<void>;
}

export interface HotTier {
  isResident(head: StoreRecord<HotHead> | null): head is StoreRecord<HotHead>;
  /** Rows of a partition, which is filled first where it is not resident. */
  rows(partition: string, keys: readonly string[]): Promise<Snapshot>;
  /**
   * The same, proven to be of one moment.
   *
   * @param toDelete Those of the keys that are about to be deleted: where a row of theirs has expired, it is removed on the way.
   */
  snapshot(partition: string, keys: readonly string[], toDelete: ReadonlySet<string>): Promise<Snapshot>;
  /** What makes a partition resident, as operations of one commit. */
  residency(standing: { head: DurableHead | null; hv: number }, load: string, version: number): StoreOp[];
  /** Brings the partition from the snapshot to the next commit. Where it is not as in the snapshot any more it is emptied, to be filled again. */
  advance(
    partition: string,
    snapshot: Snapshot,
    next: { head: DurableHead; hv: number },
    rows: StoreOp[],
  ): Promise<void>;
  /** Empties the partition in the hot tier. That loses nothing. */
  wipe(partition: string): Promise<void>;
}

/** The hot tier: a cache of whole partitions, in which a partition is either the state of one commit or not resident. */
export function hotTier({ store, clock, hotTtlMs, fill }: HotOptions): HotTier {
  const wipe = async (partition: string): Promise<void> => void (await store.deletePartition(partition));

  /** Epoch ms; undefined: until it is removed. */
  const residentUntil = (head: DurableHead | null): number | undefined => {
    const now = clock.now();
    const ends = [
      ...(head === null ? [now + ABSENT_MS] : []),
      ...(typeof head?.ends === "number" ? [Math.max(head.ends, now + ABSENT_MS)] : []),
      ...(hotTtlMs === undefined ? [] : [now + hotTtlMs]),
    ];
    return ends.length === 0 ? undefined : Math.min(...ends);
  };

  const tier: HotTier = {
    wipe,
    isResident: (head): head is StoreRecord<HotHead> =>
      head !== null && (checked(head.value).until ?? Number.POSITIVE_INFINITY) > clock.now(),
    async rows(partition, keys) {
      const asked = [HEAD, ...keys].map((sort) => ({ partition, sort }));
      for (let tries = 0; tries < TRIES; tries++) {
        const [head = null, ...rows] = await store.getMany<never>(asked);
        if (tier.isResident(head)) return { head: head.value, version: head.version, rows };
        await fill(partition);
      }
      throw contended();
    },
    async snapshot(partition, keys, toDelete) {
      for (let tries = 0; tries < TRIES; tries++) {
        const snapshot = await tier.rows(partition, keys);
        const { head, version, rows } = snapshot;
        const { status } = await store.commit(partition, [
          { op: "check", sort: residentKey(head.load), ifVersion: version },
          { op: "check", sort: HEAD, ifVersion: version },
          ...keys.map((sort, i): StoreOp => {
            const ifVersion = rows[i]?.version ?? 0;
            return { op: ifVersion === 0 && toDelete.has(sort) ? "delete" : "check", sort, ifVersion };
          }),
        ]);
        if (status === "committed") return snapshot;
      }
      throw contended();
    },
    residency({ head, hv }, load, version) {
      const until = residentUntil(head);
      const value: HotHead = {
        l: LAYOUT,
        i: head?.i ?? "",
        n: head?.n ?? 0,
        hv,
        ends: head === null ? 0 : head.ends,
        load,
        ...(until !== undefined && { until }),
      };
      // Written together always, so that their versions are the same; the second one's key is never used again once it is lost.
      return [
        { op: "put", sort: HEAD, value, ifVersion: version },
        { op: "put", sort: residentKey(load), value: null, ifVersion: version },
      ];
    },
    async advance(partition, { head, version }, next, rows) {
      const ops = [...tier.residency(next, head.load, version), ...rows];
      if ((await store.commit(partition, ops)).status === "conflict") await wipe(partition);
    },
  };
  return tier;
}

/** A row as the hot tier holds it. Of tokens it is not told when they expire: they are no records, and none that a sweep counts. */
export function toHotOp(op: IntentOp, d: number): StoreOp {
  const { k, v, j, x, gone } = op;
  if (gone) return { op: "delete", sort: k };
  if (!k.startsWith(RECORD))
    return { op: "put", sort: k, value: { v, d, j: null, ...(x !== undefined && { x }) } };
  const value: HotRow = { v, d, j: j ?? null };
  return { op: "put", sort: k, value, ...(x !== undefined && { expiresAt: x }) };
}
