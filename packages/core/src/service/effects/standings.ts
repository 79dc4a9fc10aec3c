import type { Clock } from "../../kernel/clock.js";
import type { AtomicStore, StoreOp } from "../../ports/store.js";
import type { BoundedCache } from "../cache/bounded-cache.js";
import { COUNTER } from "../fold/contributions.js";
import { SORT, UPKEEP } from "../layout/partitions.js";
import type { Counts, PendingEffects } from "../layout/records.js";

/*
 * In which segments a visitor is counted stands beside the counters, with how far the visitor is counted, and in the same commit. So who is gone by retention, and whose state can say nothing any
 * more, is still taken out of the segments: by the sweep, or by the first commit of whoever comes back before it. When a state has its end is an index of hours in each shard; which hours a shard has
 * is noted before, so that a sweep reads what is due and nothing else.
 */

const HOUR_MS = 3_600_000;

/** The segments that a visitor is counted in who has added these counts. */
export const segmentsIn = (counts: Counts): string[] =>
  Object.keys(counts).flatMap((name) =>
    name.startsWith(COUNTER.segment) && counts[name] !== 0 ? [name.slice(COUNTER.segment.length)] : [],
  );

export const isSegment = (counter: string): boolean => counter.startsWith(COUNTER.segment);

/** What effects change in the counters of segments, and in which the visitor is counted then. */
export interface Standing {
  changes: Counts;
  segments: readonly string[];
}

/**
 * An effect says where the visitor stands, and the difference to where it stood is what counts: also where the state that the effect's own differences begin from is another one, since the one before
 * had its end. Where nothing is known of before, its own differences are right.
 *
 * @param before Empty where nothing is known.
 */
export function standingAfter(before: readonly string[], effects: readonly PendingEffects[]): Standing {
  const changes: Record<string, number> = {};
  const add = (name: string, by: number): void => {
    changes[name] = (changes[name] ?? 0) + by;
  };
  let known = new Set(before);
  for (const { counts, stands } of effects) {
    if (stands !== undefined && known.size > 0) {
      for (const segment of stands) if (!known.has(segment)) add(COUNTER.segment + segment, 1);
      for (const segment of known) if (!stands.includes(segment)) add(COUNTER.segment + segment, -1);
      known = new Set(stands);
      continue;
    }
    for (const [name, by] of Object.entries(counts)) {
      if (!isSegment(name)) continue;
      add(name, by);
      if (by < 0) known.delete(name.slice(COUNTER.segment.length));
    }
    if (stands !== undefined) known = new Set(stands);
  }
  return { changes, segments: [...known] };
}

/** The hour since the epoch in which a state has its end that is kept until then. */
export const dueHour = (until: number): number => Math.floor(until / HOUR_MS);

export const hourEnd = (hour: number): number => (hour + 1) * HOUR_MS;

const hourSort = (hour: number): string => `${SORT.due}${String(hour).padStart(7, "0")}/`;

/** In a counter shard: visitors to be looked at in this hour. */
export const dueSort = (hour: number, visitor: string): string => hourSort(hour) + visitor;

/** Puts the visitor's place in the index right. */
export function dueOps(
  visitor: string,
  [before, after]: readonly [number | undefined, number | undefined],
): StoreOp[] {
  if (before === after) return [];
  return [
    ...(before === undefined ? [] : [{ op: "delete" as const, sort: dueSort(before, visitor) }]),
    ...(after === undefined
      ? []
      : [{ op: "put" as const, sort: dueSort(after, visitor), value: { v: 1 } satisfies DueEntry }]),
  ];
}

interface DueEntry {
  v: 1;
}

/** In the upkeep partition: somebody of this shard may be due in this hour. */
export interface DueNote {
  v: 1;
  partition: string;
  hour: number;
}

/** Notes that are made anew all the same, since a sweep of a process whose clock is ahead may be at them. */
const CLOSE_HOURS = 24;

interface NoteParts {
  hot: AtomicStore;
  clock: Clock;
  dueNoted: BoundedCache<true>;
}

/** Notes the hours of a shard before they are committed. One that nobody comes to stand under costs a sweep one read. */
export async function noteDue(
  { hot, clock, dueNoted }: NoteParts,
  partition: string,
  hours: Iterable<number>,
): Promise<void> {
  for (const hour of new Set(hours)) {
    const sort = hourSort(hour) + partition;
    if (dueNoted.get(sort) === true && hour > dueHour(clock.now()) + CLOSE_HOURS) continue;
    const note: DueNote = { v: 1, partition, hour };
    await hot.put(UPKEEP, sort, note, { ifVersion: 0 });
    dueNoted.set(sort, true);
  }
}
