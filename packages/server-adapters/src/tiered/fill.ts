import type { Clock } from "@attune/core";
import type { AtomicStore, Store, StoreOp, StoreRecord } from "@attune/core/ports";
import type { DurableTier, InTime, Standing } from "./durable.js";
import { contended } from "./errors.js";
import { type HotTier, toHotOp } from "./hot.js";
import {
  CLAIM,
  claimKey,
  type DurableRow,
  HEAD,
  incarnationAt,
  type HotHead,
  PART,
  parseDurableKey,
} from "./layout.js";
import { inGroups, inParallel } from "./parallel.js";

/** Rows that go into the hot tier in one commit. */
const PAGE = 256;
/** Deletes of what is left of former incarnations under way at once. */
const WIDTH = 16;
/** How many times as long as a commit another process may be filling the partition without progress. */
const PATIENCE = 6;
const POLL_MS = 20;
const TRIES = 20;

export interface FillOptions {
  hotStore: AtomicStore;
  durableStore: Store;
  hot(): HotTier;
  durable: DurableTier;
  clock: Clock;
  fenceMs: number;
  patienceMs: number;
  newId(): string;
  wait(ms: number): Promise<void>;
}

/**
 * Fills a partition of the hot tier from the durable one. It becomes resident whole, by one last commit, and only where the durable head
 * is still the one that it was filled from. Several processes may try: one holds a claim, the others wait for it, and take over where
 * it makes no progress. A claim has a key of its own that is never used again, so that one that was taken over can write nothing any more.
 */
export function filler(options: FillOptions): (partition: string) => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  return async (partition) => {
    const known = underWay.get(partition);
    if (known !== undefined) return known;
    const filling = fill(options, partition).finally(() => underWay.delete(partition));
    underWay.set(partition, filling);
    return filling;
  };
}

async function fill(options: FillOptions, partition: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const id = await claim(options, partition);
    if (id === null || (await held(options, partition, id))) return;
  }
  throw contended();
}

/** Lets go of the claim where the durable tier refuses: nobody has to wait for it. */
async function held(options: FillOptions, partition: string, id: string): Promise<boolean> {
  try {
    return await fillAs(options, partition, id);
  } catch (error) {
    // Where that fails too, others take over once they see no progress.
    await options
      .hot()
      .wipe(partition)
      .catch(() => undefined);
    throw error;
  }
}

/** Null where the partition is resident. */
async function claim(
  { hotStore, hot, newId, patienceMs, wait }: FillOptions,
  partition: string,
): Promise<string | null> {
  let seen = "";
  let waited = 0;
  for (;;) {
    const [head = null, holder] = await hotStore.getMany<never>(
      [HEAD, CLAIM].map((sort) => ({ partition, sort })),
    );
    if (hot().isResident(head as StoreRecord<HotHead> | null)) return null;
    const progress = holder ? `${(holder as StoreRecord<string>).value} ${holder.version}` : "";
    if (!holder || (progress === seen && waited >= PATIENCE * patienceMs)) {
      const id = newId();
      // Whatever is there is no state of anything. Who was filling begins again.
      await hot().wipe(partition);
      const { status } = await hotStore.commit(partition, [
        { op: "put", sort: CLAIM, value: id, ifVersion: 0 },
        { op: "put", sort: claimKey(id), value: null, ifVersion: 0 },
      ]);
      if (status === "committed") return id;
      continue;
    }
    waited = progress === seen ? waited + POLL_MS : 0;
    seen = progress;
    await wait(POLL_MS);
  }
}

/** False where the claim was lost or the durable tier has moved on. */
async function fillAs(options: FillOptions, partition: string, id: string): Promise<boolean> {
  const { hotStore, durableStore, hot, durable, clock } = options;
  const inTime = durable.inTime();
  const standing = await durable.settled(partition);
  const mine: StoreOp[] = [
    { op: "check", sort: claimKey(id), ifVersion: 1 },
    { op: "check", sort: HEAD, ifVersion: 0 },
  ];
  let waiting: StoreOp[] = [];
  const leftovers: string[] = [];
  for await (const page of inGroups(durableStore.scan<never>(partition), PAGE)) {
    if (waiting.length > 0) {
      const progress: StoreOp = { op: "put", sort: CLAIM, value: id };
      const { status } = await hotStore.commit(partition, [...mine, progress, ...waiting]);
      if (status === "conflict") return false;
    }
    const sorted = page.map((record) => sortOut(record, standing, clock.now(), options.fenceMs));
    waiting = sorted.flatMap((each) => (typeof each === "object" && each !== null ? [each] : []));
    leftovers.push(...sorted.flatMap((each) => (typeof each === "string" ? [each] : [])));
  }
  if ((await durable.read(partition)).hv !== standing.hv) {
    await hot().wipe(partition);
    return false;
  }
  const { status } = await hotStore.commit(partition, [
    { op: "delete", sort: claimKey(id), ifVersion: 1 },
    { op: "delete", sort: CLAIM },
    ...hot().residency(standing, id, 0),
    ...waiting,
  ]);
  if (status === "conflict") return false;
  await removeLeftovers(durableStore, partition, leftovers, inTime);
  return true;
}

/** What an item of the durable tier is: a row for the hot one, the key of something left over, or nothing of either (null). */
function sortOut(
  record: StoreRecord,
  { head }: Standing,
  now: number,
  fenceMs: number,
): StoreOp | string | null {
  const { sort, version } = record;
  if (sort.startsWith(PART)) return (record.value as { at: number }).at < now - fenceMs ? sort : null;
  const parsed = parseDurableKey(sort);
  if (parsed === null) return null;
  const { incarnation, key } = parsed;
  if (incarnation !== head?.i) {
    // Not those that are newer than the head as it was read: they may be alive.
    return incarnation < (head?.i ?? incarnationAt(now - fenceMs)) ? sort : null;
  }
  const { v, j, x, gone } = record.value as DurableRow;
  if (gone || (x !== undefined && x <= now)) return null;
  return toHotOp({ k: key, d: version, v, j, ...(x !== undefined && { x }) }, version);
}

async function removeLeftovers(
  store: Store,
  partition: string,
  sorts: readonly string[],
  inTime: InTime,
): Promise<void> {
  await inParallel(sorts, WIDTH, async (sort) => {
    inTime();
    await store.delete(partition, sort);
  });
}
