import type { ServiceContext } from "../context.js";
import { eraseVisitor } from "../erase/erase-visitor.js";
import { counterPartitionOf, SORT, UPKEEP, visitorOf, visitorPartition } from "../layout/partitions.js";
import type { AppliedRecord, VisitorEffects, VisitorRecord } from "../layout/records.js";
import { sleep } from "../tools/platform.js";
import { applyEffects } from "./outbox.js";

/*
 * What a visitor's commit leaves to do elsewhere is done by whoever has made the commit, or by whoever meets its events again: they come again
 * from the log until it is done. Where the log lost them first, nobody meets them, and they stay undone until the visitor comes back. Then,
 * and only then, all visitors are looked through; no commit pays for that with an index of what is undone.
 */

interface Target {
  site: string;
  visitor: string;
}

/** `effects` in the upkeep partition. Never removed, so that its versions tell one search from another. */
interface SearchRecord {
  v: 1;
  /** Visitors are still to be looked through. */
  owed: boolean;
}

/** Visitors that are read at once. */
const GROUP = 64;

/** What these visitors' commits have left undone: two reads per visitor, in one round trip. */
async function leftBy({ hot }: ServiceContext, targets: readonly Target[]): Promise<VisitorEffects[]> {
  const states = targets.map(({ site, visitor }) => ({
    partition: visitorPartition(site, visitor),
    sort: SORT.state,
  }));
  const applied = targets.map(({ site, visitor }) => ({
    partition: counterPartitionOf(site, visitor),
    sort: SORT.applied + visitor,
  }));
  const records = await hot.getMany<never>([...states, ...applied]);
  return targets.map((target, i) => {
    const state = records[i]?.value as VisitorRecord | undefined;
    const done = (records[targets.length + i]?.value as AppliedRecord | undefined)?.seq ?? 0;
    return { ...target, pending: state?.pending.filter(({ seq }) => seq > done) ?? [] };
  });
}

/** Does what these visitors' commits have left undone. @throws ATTUNE_SERVICE_REBUILDING while everything is made anew. */
export async function completeEffects(context: ServiceContext, targets: readonly Target[]): Promise<void> {
  for (let from = 0; from < targets.length; from += GROUP) {
    if (context.log !== null) await context.claim.hold();
    const effects = await leftBy(context, targets.slice(from, from + GROUP));
    await applyEffects(context, effects, (target) => eraseVisitor(context, target));
  }
}

/** Every visitor of every site; false where it was not wanted any more. */
async function completeAll(context: ServiceContext, isWanted: () => boolean): Promise<boolean> {
  let group: Target[] = [];
  for await (const partition of context.hot.partitions("")) {
    if (!isWanted()) return false;
    const target = visitorOf(partition);
    if (target !== null) group.push(target);
    if (group.length < GROUP) continue;
    await completeEffects(context, group);
    group = [];
    // A store in this process would let nobody else have a turn.
    await sleep(0);
  }
  await completeEffects(context, group);
  return true;
}

/** The search for effects that were left undone, where the log may have lost what would have brought them. */
export interface LeftEffects {
  /** A search is owed from now on, and begins. Failures are reported. */
  owe(): void;
  /** Resolves once it is written down that a search is owed, if one is: only then positions may move on. */
  noted(): Promise<void>;
  /** Does a search that is owed, by whomever; one record read where none is. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export function createLeftEffects(context: ServiceContext): LeftEffects {
  const { hot, report } = context;
  let stopped = false;
  let isNoted = true;
  let searching: Promise<void> | null = null;

  const noted = async (): Promise<void> => {
    if (isNoted) return;
    await hot.put<SearchRecord>(UPKEEP, SORT.effects, { v: 1, owed: true });
    isNoted = true;
  };
  const search = async (): Promise<void> => {
    while (!stopped) {
      await noted();
      const record = await hot.get<SearchRecord>(UPKEEP, SORT.effects);
      if (!record?.value.owed || !(await completeAll(context, () => !stopped))) return;
      const done: SearchRecord = { v: 1, owed: false };
      // Where another one has come to be owed meanwhile, this was not it.
      await hot.put(UPKEEP, SORT.effects, done, { ifVersion: record.version });
    }
  };
  const settle = (): Promise<void> => {
    searching ??= search().finally(() => {
      searching = null;
    });
    return searching;
  };
  return {
    owe() {
      isNoted = false;
      settle().catch(report);
    },
    noted,
    settle,
    async stop() {
      stopped = true;
      await searching?.catch(() => undefined);
    },
  };
}
