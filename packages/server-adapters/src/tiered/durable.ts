import type { Clock } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { Change } from "./evaluate.js";
import { contended, lostParts, tooLate } from "./errors.js";
import {
  checked,
  type DurableHead,
  type DurableRow,
  durableKey,
  HEAD,
  type IntentOp,
  LAYOUT,
  nextIncarnation,
} from "./layout.js";
import { inParallel } from "./parallel.js";
import type { PartStore } from "./parts.js";

/** Writes of one commit under way at once. */
const WIDTH = 16;
/** An item that is met in another state so often is fought over. */
const TRIES = 8;

/** A commit that stands in the durable head, whose records are not all written yet. */
export interface Intent {
  head: DurableHead;
  /** Version of the head that holds it. */
  hv: number;
  ops: readonly IntentOp[];
}

/** What the durable tier is the state of. */
export interface Standing {
  /** Null where the partition does not exist. */
  head: DurableHead | null;
  hv: number;
}

/** Throws once a call has taken too long to be met by records that remember what it knew. */
export type InTime = () => void;

export interface DurableOptions {
  store: Store;
  parts: PartStore;
  clock: Clock;
  fenceMs: number;
  partBytes: number;
  newId(): string;
}

export interface DurableTier {
  inTime(): InTime;
  /** As it stands, perhaps with a commit that is not finished. */
  read(partition: string): Promise<Standing>;
  /** Finishes what others have left, and says how it stands then. */
  settled(partition: string): Promise<Standing>;
  /** The commit, from here on: it stands or falls with this one write. Null where the head was another one. */
  begin(
    partition: string,
    over: Omit<DurableHead, "l">,
    hv: number,
    changes: readonly Change[],
  ): Promise<Intent | null>;
  /** Writes its records; the versions of their items. */
  materialize(partition: string, intent: Intent, inTime: InTime): Promise<ReadonlyMap<string, number>>;
  /** Takes it out of the head. */
  clear(partition: string, intent: Intent): Promise<void>;
  /** Makes the partition an empty one, by this one write; false where the head was another one. */
  drop(partition: string, standing: Standing): Promise<boolean>;
  /** Until when a head is kept at least. */
  fence(): number;
}

/** The durable tier: commits on a store that can write only one record at a time. */
export function durableTier(options: DurableOptions): DurableTier {
  const { store, parts: allParts, clock, fenceMs, partBytes, newId } = options;
  const fence = (): number => clock.now() + fenceMs;

  const inTime = (): InTime => {
    const latest = clock.now() + fenceMs / 4;
    return () => {
      if (clock.now() > latest) throw tooLate();
    };
  };

  const read = async (partition: string): Promise<Standing> => {
    const record = await store.get<DurableHead>(partition, HEAD);
    return record === null ? { head: null, hv: 0 } : { head: checked(record.value), hv: record.version };
  };

  /** Null where others have finished it meanwhile. */
  const intentOf = async (partition: string, head: DurableHead, hv: number): Promise<Intent | null> => {
    if (head.parts === undefined) return { head, hv, ops: head.ops ?? [] };
    const ops = await allParts.read(partition, head.parts);
    if (ops !== null) return { head, hv, ops };
    if ((await read(partition)).hv === hv) throw lostParts();
    return null;
  };

  const writeRow = async (
    partition: string,
    { i, n }: DurableHead,
    op: IntentOp,
    check: InTime,
  ): Promise<number> => {
    const { k, d, ...rest } = op;
    const sort = durableKey(i, k);
    const row: DurableRow = { c: n, ...rest };
    let ifVersion = d;
    for (let tries = 0; tries < TRIES; tries++) {
      check();
      const expiresAt = op.gone ? fence() : op.x === undefined ? undefined : Math.max(op.x, fence());
      const put = { ifVersion, ...(expiresAt !== undefined && { expiresAt }) };
      const result = await store.put(partition, sort, row, put);
      if (result.written) return result.version;
      const standing = await store.get<DurableRow>(partition, sort);
      if (standing !== null && standing.value.c >= n) return standing.version;
      ifVersion = standing?.version ?? 0;
    }
    throw contended();
  };

  /** Records that were written behind the back of a deletion: nothing reads them, and nobody else may ever come to remove them. */
  const removeDeleted = async (partition: string, { head: { i }, ops }: Intent): Promise<void> => {
    if ((await read(partition)).head?.i === i) return;
    await inParallel(ops, WIDTH, ({ k }) => store.delete(partition, durableKey(i, k)));
  };

  const tier: DurableTier = {
    inTime,
    read,
    fence,
    async settled(partition) {
      for (let tries = 0; tries < TRIES; tries++) {
        const { head, hv } = await read(partition);
        if (head === null || !isPending(head)) return { head, hv };
        const intent = await intentOf(partition, head, hv);
        if (intent === null) continue;
        await tier.materialize(partition, intent, inTime());
        await tier.clear(partition, intent);
      }
      throw contended();
    },
    async begin(partition, over, hv, changes) {
      const next = { l: LAYOUT, ...over };
      const ops = changes.map(({ op }) => op);
      const groups = packed(changes, partBytes);
      const parts = groups.length > 1 ? { id: newId(), count: groups.length } : undefined;
      const check = inTime();
      if (parts !== undefined) await allParts.write(partition, parts, groups);
      // What has lain for too long may be gone, and must not be named by a head then.
      check();
      const head: DurableHead = parts === undefined ? { ...next, ops } : { ...next, parts };
      const result = await store.put(partition, HEAD, head, { ifVersion: hv });
      if (result.written) return { head, hv: result.version, ops };
      if (parts !== undefined) await allParts.remove(partition, parts);
      return null;
    },
    async materialize(partition, { head, ops }, check) {
      const versions = new Map<string, number>();
      await inParallel(ops, WIDTH, async (op) => {
        versions.set(op.k, await writeRow(partition, head, op, check));
      });
      return versions;
    },
    async clear(partition, intent) {
      const { hv } = intent;
      const { i, n, ends, parts } = intent.head;
      const head: DurableHead = { l: LAYOUT, i, n, ends };
      const expiresAt = ends === null ? undefined : Math.max(ends, fence());
      const result = await store.put(partition, HEAD, head, {
        ifVersion: hv,
        ...(expiresAt !== undefined && { expiresAt }),
      });
      // Somebody else has finished the commit, and may have deleted the partition since.
      if (!result.written) await removeDeleted(partition, intent);
      if (parts !== undefined) await allParts.remove(partition, parts);
    },
    async drop(partition, { head, hv }) {
      const i = nextIncarnation(clock.now(), head?.i ?? "");
      const empty: DurableHead = { l: LAYOUT, i, n: 0, ends: 0 };
      return (await store.put(partition, HEAD, empty, { ifVersion: hv, expiresAt: fence() })).written;
    },
  };
  return tier;
}

export const isPending = ({ ops, parts }: DurableHead): boolean => ops !== undefined || parts !== undefined;

/** In what groups changes go into items. One that is too large by itself is left to the store to refuse, before anything is committed. */
function packed(changes: readonly Change[], most: number): IntentOp[][] {
  const groups: IntentOp[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const { op, bytes } of changes) {
    // What stands around a value.
    const own = bytes + 100;
    size += own;
    if (size > most) {
      groups.push([]);
      size = own;
    }
    groups.at(-1)?.push(op);
  }
  return groups;
}
