import type { StoreOp, StoreRecord } from "../../ports/store.js";
import { inheritConsent } from "../consent/inherit-consent.js";
import type { ServiceContext } from "../context.js";
import { bucketOps, bucketSort, increase } from "../figures/rollup-buckets.js";
import { rolledUp } from "../figures/rollups.js";
import { countedUntil, linkedUntil } from "../layout/kept-until.js";
import { counterPartitionOf, SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import type {
  AppliedRecord,
  BucketRecord,
  CounterGuard,
  Counts,
  EventRecord,
  PendingEffects,
  TombstoneRecord,
  VisitorEffects,
} from "../layout/records.js";
import { groupBy } from "../tools/group-by.js";
import { untilWritten } from "../tools/retry.js";
import { countersFor, createPlacing } from "./counter-names.js";
import { applySessions } from "./sessions.js";
import { dueHour, dueOps, isSegment, noteDue, type Standing, standingAfter } from "./standings.js";

/** In place of a sequence number: this visitor is erased, count nothing more. Kept as long as a stray worker could still try. */
const CLOSED = -1;
const CLOSED_MS = 7 * 86_400_000;

const guardOf = (value: unknown): CounterGuard => (value as CounterGuard | undefined) ?? { v: 1, names: [] };

interface Due {
  visitor: string;
  seq: number;
  version: number;
  closes: boolean;
  until: number;
  /** Names that count as `(other)` for this visitor. */
  others: Set<string>;
  /** What changes in the counters of segments, and the hours that the visitor's state has its end in: until now, and from now on. */
  standing: Standing;
  hours: readonly [number | undefined, number | undefined];
  counts: readonly Counts[];
  minutes: readonly NonNullable<PendingEffects["minutes"]>[];
}

/** What is not counted yet, and up to where it will be counted then. */
function due(
  effects: readonly VisitorEffects[],
  applied: readonly ({ value: AppliedRecord; version: number } | null)[],
): Due[] {
  return effects.flatMap(({ visitor, pending }, i): Due[] => {
    const { seq: before = 0, others = [], segments = [], due: hour } = applied[i]?.value ?? {};
    if (before === CLOSED) return [];
    const counts: Counts[] = [];
    const minutes: NonNullable<PendingEffects["minutes"]>[] = [];
    const fresh: PendingEffects[] = [];
    let seq = before;
    let closes = false;
    let until = 0;
    for (const effect of pending) {
      if (effect.seq <= seq) continue;
      fresh.push(effect);
      counts.push(Object.fromEntries(Object.entries(effect.counts).filter(([name]) => !isSegment(name))));
      if (effect.minutes !== undefined) minutes.push(effect.minutes);
      seq = effect.seq;
      until = Math.max(until, effect.until);
      closes = effect.last === true;
    }
    if (seq === before) return [];
    const version = applied[i]?.version ?? 0;
    const standing = standingAfter(segments, fresh);
    counts.push(standing.changes);
    const next = closes || standing.segments.length === 0 ? undefined : dueHour(until);
    return [
      {
        ...{ visitor, seq, version, closes, until, others: new Set(others), counts, minutes, standing },
        hours: [hour, next] as const,
      },
    ];
  });
}

/** What the visitors add to the minutes, under the names that their counters have come to. */
function minutesOf(
  visitors: readonly Due[],
  place: (name: string, others: Set<string>) => string,
): Map<number, Map<string, number>> {
  const increments = new Map<number, Map<string, number>>();
  for (const { minutes, others } of visitors) {
    for (const [minute, changes] of minutes.flatMap((one) => Object.entries(one))) {
      for (const [name, by] of changes) {
        const one = rolledUp(place(name, others), by);
        if (one !== null) increase(increments, Number(minute), one);
      }
    }
  }
  return increments;
}

/** How far a visitor is counted. One who is counted in segments has yet to leave them, and is remembered until then. */
function appliedOp(
  { visitor, seq, version, closes, until, others, standing: { segments }, hours: [, due] }: Due,
  now: number,
): StoreOp {
  const put = { op: "put" as const, sort: SORT.applied + visitor, ifVersion: version };
  if (closes) return { ...put, value: { seq: CLOSED }, expiresAt: now + CLOSED_MS };
  const value: AppliedRecord = { seq, ...(others.size > 0 && { others: [...others] }) };
  if (due === undefined) return { ...put, value, expiresAt: countedUntil(until) };
  return { ...put, value: { ...value, segments, due } };
}

/** One commit for all visitors of a counter shard: their counts and rollups, and how far each is counted. */
async function applyCounts(
  context: ServiceContext,
  partition: string,
  effects: readonly VisitorEffects[],
): Promise<void> {
  const { hot, clock, random, rollups } = context;
  const attempt = async (): Promise<true | null> => {
    const sorts = [SORT.count, ...effects.map(({ visitor }) => SORT.applied + visitor)];
    const [guard, ...applied] = await hot.getMany<never>(sorts.map((sort) => ({ partition, sort })));
    const visitors = due(effects, applied);
    if (visitors.length === 0) return true;
    const asked = new Set(visitors.flatMap(({ counts }) => counts.flatMap((one) => Object.keys(one))));
    const names = [...new Set([...asked].flatMap(countersFor))];
    const minutes =
      rollups === null
        ? []
        : [...new Set(visitors.flatMap((one) => one.minutes.flatMap((by) => Object.keys(by).map(Number))))];
    const read = await hot.getMany<never>(
      [...names.map((name) => SORT.count + name), ...minutes.map(bucketSort)].map((sort) => ({
        partition,
        sort,
      })),
    );
    const counters: readonly (StoreRecord<number> | null)[] = read.slice(0, names.length);
    const buckets: readonly (StoreRecord<BucketRecord> | null)[] = read.slice(names.length);
    const known = new Map(names.map((name, i) => [name, counters[i]?.value ?? null]));
    const placing = createPlacing((name) => known.get(name) != null, guardOf(guard?.value).names);
    const sums = new Map<string, number>();
    for (const { counts, others } of visitors) {
      for (const [name, by] of counts.flatMap((one) => Object.entries(one))) {
        const counter = placing.place(name, others);
        sums.set(counter, (sums.get(counter) ?? known.get(counter) ?? 0) + by);
      }
    }
    await noteDue(
      context,
      partition,
      visitors.flatMap(({ hours: [was, is] }) => (is === was ? [] : (is ?? []))),
    );
    const ops: StoreOp[] = visitors.flatMap((one) => [
      appliedOp(one, clock.now()),
      ...dueOps(one.visitor, one.hours),
    ]);
    const emptied: string[] = [];
    for (const [name, value] of sums) {
      const sort = SORT.count + name;
      // Names come from outside: a counter at zero is removed, since its name may say something about the one it counted.
      ops.push(value === 0 ? { op: "delete", sort } : { op: "put", sort, value });
      if (value === 0) emptied.push(name);
    }
    if (rollups !== null) {
      const at = { now: clock.now(), isPast: context.past !== undefined };
      const increments = minutesOf(visitors, placing.place);
      ops.push(...bucketOps(at, increments, (minute) => buckets[minutes.indexOf(minute)] ?? null));
    }
    // One guard for the shard, read before all counters: one that is removed and made again starts from version 1 and could be mistaken.
    const next: CounterGuard = { v: 1, names: placing.without(emptied) };
    ops.push({ op: "put", sort: SORT.count, value: next, ifVersion: guard?.version ?? 0 });
    if ((await hot.commit(partition, ops)).status !== "committed") return null;
    rollups?.touched(partition, minutes);
    return true;
  };
  await untilWritten(attempt, random);
}

interface Link {
  site: string;
  visitor: string;
  user: string;
}

/** Whether the visitor still has an event that named the user until then, epoch ms. */
async function hasNamed(
  { hot }: ServiceContext,
  { site, visitor, user }: Link,
  until: number,
): Promise<boolean> {
  const events = hot.scan<EventRecord>(visitorPartition(site, visitor), { prefix: SORT.event });
  for await (const { value } of events)
    if (value.event.userId === user && (value.event.receivedAt ?? 0) <= until) return true;
  return false;
}

/**
 * Makes the visitor findable by its user, and looks for tombstones afterwards: an erasure that ended in between has not seen the link. One of
 * the visitor that is still going on may yet need it, to be found again. Kept a little longer than the visitor's state, never shorter than
 * before. True where the user was erased after an event that names it had come: then the visitor must go, too.
 */
async function link(
  context: ServiceContext,
  one: Link,
  { until, decisions }: Pick<PendingEffects, "until" | "decisions">,
): Promise<boolean> {
  const { hot } = context;
  const { site, visitor, user } = one;
  const users = userPartition(site, user);
  const before = await hot.get(users, SORT.visitor + visitor);
  const expiresAt = Math.max(linkedUntil(until), before?.expiresAt ?? 0);
  await hot.put(users, SORT.visitor + visitor, { v: 1 }, { expiresAt });
  const [own, theirs] = await hot.getMany<TombstoneRecord>(
    [visitorPartition(site, visitor), users].map((partition) => ({ partition, sort: SORT.tombstone })),
  );
  if (own != null) {
    if (own.value.pending === undefined) await hot.delete(users, SORT.visitor + visitor);
    return false;
  }
  if (theirs != null && (await hasNamed(context, one, theirs.value.at))) return true;
  await inheritConsent(context, one, decisions);
  return false;
}

/**
 * Does what visitors' commits left to do in other partitions. May be called again with the same effects, in part or as a
 * whole, by anyone: each takes place once. Sessions and links bear repetition by themselves; counts come last and remember,
 * per visitor, up to where they are done.
 *
 * @param erase Erases a visitor that turns out to be an erased user's. Handed in, since an erasure has effects to apply itself.
 */
export async function applyEffects(
  context: ServiceContext,
  all: readonly VisitorEffects[],
  erase: (target: { site: string; visitor: string; user: null }) => Promise<void>,
): Promise<void> {
  const effects = all.filter(({ pending }) => pending.length > 0);
  await context.rollups?.begin(effects.map(({ site }) => site));
  await applySessions(context, effects);
  const linking = effects.filter(({ pending }) => pending.some(({ links }) => links.length > 0));
  await Promise.all(
    linking.map(async ({ site, visitor, pending }) => {
      const linked = pending.flatMap((effects) =>
        effects.links.map((user) => link(context, { site, visitor, user }, effects)),
      );
      // Before the counts: as long as these are owed, whoever comes after a crash finds the links again.
      if ((await Promise.all(linked)).includes(true)) await erase({ site, visitor, user: null });
    }),
  );
  const shards = groupBy(effects, ({ site, visitor }) => counterPartitionOf(site, visitor));
  await Promise.all(
    Array.from(shards, ([partition, group]) =>
      context.queue(partition, () => applyCounts(context, partition, group)),
    ),
  );
}

/** Takes away everything that was counted. */
export function negated(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, -value]));
}
