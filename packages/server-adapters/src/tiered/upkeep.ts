import type { Clock } from "@attune/core";
import type { AtomicStore, Store, StoreRecord } from "@attune/core/ports";
import { reconcile } from "./commit.js";
import type { DurableTier } from "./durable.js";
import type { HotTier } from "./hot.js";
import {
  type DurableRow,
  durableKey,
  HEAD,
  type HotHead,
  type HotRow,
  PART_NOTES,
  RECORD,
  residentKey,
  TOKEN,
} from "./layout.js";
import { inGroups, inParallel } from "./parallel.js";
import type { PartStore } from "./parts.js";

/** Partitions that are looked at together. */
const GROUP = 256;
const WIDTH = 16;

export interface UpkeepOptions {
  hotStore: AtomicStore;
  durableStore: Store;
  hot: HotTier;
  durable: DurableTier;
  parts: PartStore;
  clock: Clock;
  fenceMs: number;
}

/**
 * Expired records of both tiers, partitions whose time in the hot one is over, tokens that have ended, and parts of commits whose process has
 * died.
 */
export async function sweep(options: UpkeepOptions): Promise<number> {
  const { hotStore, durableStore } = options;
  const count = await hotStore.sweep();
  await durableStore.sweep();
  for await (const group of inGroups(hotStore.partitions(""), GROUP))
    await inParallel(group, WIDTH, (partition) => tidy(options, partition));
  await removeOrphans(options);
  return count;
}

/** Parts that have lain for longer than a call can take: of a commit that has happened and is finished here, or of one that never will. */
async function removeOrphans(options: UpkeepOptions): Promise<void> {
  const { parts, clock, fenceMs } = options;
  for await (const begun of parts.begun()) {
    if (begun.at > clock.now() - fenceMs) continue;
    // From here on no head names them: a commit whose parts are older than this has given up.
    await reconcile(options, begun.partition);
    await parts.clear(begun);
  }
}

async function tidy({ hotStore, hot, clock }: UpkeepOptions, partition: string): Promise<void> {
  const head = await hotStore.get<HotHead>(partition, HEAD);
  if (!hot.isResident(head)) return hot.wipe(partition);
  const isOver = ({ value: { x } }: StoreRecord<HotRow>): boolean => x !== undefined && x <= clock.now();
  for await (const token of hotStore.scan<HotRow>(partition, { prefix: TOKEN })) {
    // One that was used anew meanwhile stays.
    if (isOver(token))
      await hotStore.commit(partition, [
        { op: "check", sort: residentKey(head.value.load), ifVersion: head.version },
        { op: "delete", sort: token.sort, ifVersion: token.version },
      ]);
  }
}

export interface Restored {
  /** Partitions that the durable tier has. */
  partitions: number;
  /** Of these, how many the hot tier did not have, or had in another state. */
  filled: number;
}

/** Makes the hot tier agree with the durable one: finishes commits, drops what is not its state, fills what is missing. */
export async function restore(options: UpkeepOptions, prefix: string): Promise<Restored> {
  const { hotStore, durableStore, hot } = options;
  for await (const group of inGroups(hotStore.partitions(prefix), GROUP))
    await inParallel(group, WIDTH, (partition) => reconcile(options, partition));
  const restored: Restored = { partitions: 0, filled: 0 };
  for await (const group of inGroups(durableStore.partitions(prefix), GROUP)) {
    await inParallel(group, WIDTH, async (partition) => {
      if (partition === PART_NOTES) return;
      restored.partitions++;
      if (hot.isResident(await hotStore.get<HotHead>(partition, HEAD))) return;
      await hot.rows(partition, []);
      restored.filled++;
    });
  }
  return restored;
}

/**
 * Whether the partition has a living record, without filling it. That is asked of the durable tier, so the hot one is brought to agree first:
 * what was told of here must be there for whoever reads next.
 */
export async function hasRecords(options: UpkeepOptions, partition: string): Promise<boolean> {
  const { head } = await reconcile(options, partition);
  if (head === null) return false;
  const prefix = durableKey(head.i, RECORD);
  for await (const { value } of options.durableStore.scan<DurableRow>(partition, { prefix }))
    if (!value.gone && (value.x ?? Number.POSITIVE_INFINITY) > options.clock.now()) return true;
  return false;
}
