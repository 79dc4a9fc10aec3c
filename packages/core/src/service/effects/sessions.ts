import type { StoreOp, StoreRecord } from "../../ports/store.js";
import type { ServiceContext } from "../context.js";
import { bucketOps, bucketSort, increase } from "../figures/rollup-buckets.js";
import { rollupKey } from "../figures/rollups.js";
import { SESSION_SHARDS, sessionPartitionOf, sessionShard, SORT } from "../layout/partitions.js";
import type { BucketRecord, SessionDelta, SessionRecord, VisitorEffects } from "../layout/records.js";
import { groupBy } from "../tools/group-by.js";
import { untilWritten } from "../tools/retry.js";

/** Of one session shard, in its record `n/`: how many sessions it holds, and how many of them with an order. */
export interface SessionCount {
  sessions: number;
  converted: number;
}

/** Visitors remembered per session; the next ones of a session change nothing any more. */
const MAX_VISITORS = 64;
/** How long a stray worker is kept from adding an erased visitor again, ms. */
const GONE_MS = 7 * 86_400_000;

type Visitors = Readonly<Record<string, boolean>>;

/** One visitor's part in one session; `part` null: none any more. `keepsCount`: a session that ends by it still counts. */
interface Change {
  session: string;
  visitor: string;
  part: { converted: boolean; until: number; minutes?: SessionDelta["minutes"] } | null;
  keepsCount?: boolean;
}

/** The earliest of these that is known. */
const earliest = (minutes: readonly (number | null | undefined)[]): number | null => {
  const known = minutes.flatMap((minute) => minute ?? []);
  return known.length === 0 ? null : Math.min(...known);
};

function changed(visitors: Visitors, { visitor, part }: Change): Visitors {
  const known = visitors[visitor];
  if (part === null) {
    if (known === undefined) return visitors;
    const { [visitor]: _gone, ...rest } = visitors;
    return rest;
  }
  if (known === true || known === part.converted) return visitors;
  if (known === undefined && Object.keys(visitors).length >= MAX_VISITORS) return visitors;
  return { ...visitors, [visitor]: part.converted };
}

/**
 * A session's record is never renewed: it goes with the first event it comes from, so that an erasure, which finds the sessions of a visitor
 * by its events, finds all that hold the visitor. What was counted by it stays in the sums.
 */
const endOf = (changes: readonly Change[], before = Number.POSITIVE_INFINITY): number =>
  changes.reduce((end, { part }) => Math.min(end, part?.until ?? end), before);

const held = (visitors: Visitors): SessionCount => {
  const parts = Object.values(visitors);
  return { sessions: parts.length > 0 ? 1 : 0, converted: parts.includes(true) ? 1 : 0 };
};

/** A session that begins with these changes, or comes to its first order by them, counts in the minute in which it did. */
function rollUp(
  into: Map<number, Map<string, number>>,
  changes: readonly Change[],
  [was, is]: readonly [SessionCount, SessionCount],
): void {
  const started = earliest(changes.map(({ part }) => part?.minutes?.started));
  const converted = earliest(changes.map(({ part }) => part?.minutes?.converted));
  if (started !== null && is.sessions > was.sessions)
    increase(into, started, { key: rollupKey("sessions", []), by: 1 });
  if (converted !== null && is.converted > was.converted)
    increase(into, converted, { key: rollupKey("convertedSessions", []), by: 1 });
}

/**
 * Writes the changes of one shard in one commit with the shard's count, so that the count is always that of the records: a
 * session counts once however many visitors share it, and repeating a change changes nothing.
 */
async function applyShard(
  context: ServiceContext,
  partition: string,
  changes: readonly Change[],
): Promise<void> {
  const { hot, random, rollups } = context;
  const bySession = groupBy(changes, ({ session }) => session);
  const sessions = [...bySession.keys()];
  const added = [...new Set(changes.flatMap(({ visitor, part }) => (part === null ? [] : [visitor])))];
  const minutes = rollups === null ? [] : bucketsOf(changes);
  const keys = [
    SORT.count,
    ...sessions.map((session) => SORT.session + session),
    ...added.map((visitor) => SORT.gone + visitor),
    ...minutes.map(bucketSort),
  ];
  const bucketsFrom = keys.length - minutes.length - 1;

  const attempt = async (): Promise<true | null> => {
    const [count, ...records] = await hot.getMany<never>(keys.map((sort) => ({ partition, sort })));
    const gone = new Set(added.filter((_, i) => records[sessions.length + i] != null));
    const total: SessionCount = {
      ...((count?.value as SessionCount | undefined) ?? { sessions: 0, converted: 0 }),
    };
    const ops: StoreOp[] = [];
    const increments = new Map<number, Map<string, number>>();
    sessions.forEach((session, i) => {
      const before: Visitors = (records[i]?.value as SessionRecord | undefined)?.visitors ?? {};
      const wanted = (bySession.get(session) ?? []).filter(
        ({ visitor, part }) => part === null || !gone.has(visitor),
      );
      const after = wanted.reduce(changed, before);
      if (after === before) return;
      const was = held(before);
      const is = held(after);
      if (!wanted.some(({ keepsCount }) => keepsCount)) {
        total.sessions += is.sessions - was.sessions;
        total.converted += is.converted - was.converted;
      }
      rollUp(increments, wanted, [was, is]);
      const guard = { sort: SORT.session + session, ifVersion: records[i]?.version ?? 0 };
      if (is.sessions === 0) ops.push({ op: "delete", ...guard });
      else {
        const end = endOf(wanted, records[i]?.expiresAt);
        const expiresAt = Number.isFinite(end) && { expiresAt: end };
        ops.push({ op: "put", value: { v: 1, visitors: after }, ...expiresAt, ...guard });
      }
    });
    if (ops.length === 0) return true;
    ops.push({ op: "put", sort: SORT.count, value: total, ifVersion: count?.version ?? 0 });
    for (const visitor of added)
      if (!gone.has(visitor)) ops.push({ op: "check", sort: SORT.gone + visitor, ifVersion: 0 });
    if (rollups !== null) {
      const bucket = (minute: number): StoreRecord<BucketRecord> | null =>
        records[bucketsFrom + minutes.indexOf(minute)] ?? null;
      const at = { now: context.clock.now(), isPast: context.past !== undefined };
      ops.push(...bucketOps(at, increments, bucket));
    }
    if ((await hot.commit(partition, ops)).status !== "committed") return null;
    rollups?.touched(partition, [...increments.keys()]);
    return true;
  };
  await context.queue(partition, () => untilWritten(attempt, random));
}

/** The minutes that the changes may count in. */
const bucketsOf = (changes: readonly Change[]): number[] => [
  ...new Set(
    changes.flatMap(({ part }) =>
      [part?.minutes?.started, part?.minutes?.converted].flatMap((minute) => minute ?? []),
    ),
  ),
];

const applyChanges = async (
  context: ServiceContext,
  site: string,
  changes: readonly Change[],
): Promise<void> => {
  const shards = groupBy(changes, ({ session }) => sessionPartitionOf(site, session));
  await Promise.all(Array.from(shards, ([partition, group]) => applyShard(context, partition, group)));
};

/** Records the sessions that visitors took part in. */
export async function applySessions(
  context: ServiceContext,
  effects: readonly VisitorEffects[],
): Promise<void> {
  const sites = groupBy(effects, ({ site }) => site);
  for (const [site, group] of sites) {
    const changes = group.flatMap(({ visitor, pending }) =>
      pending.flatMap(({ sessions, until: all }) =>
        sessions.map(
          ({ session, converted, minutes, until = all }): Change => ({
            session,
            visitor,
            part: { converted, until, ...(minutes && { minutes }) },
          }),
        ),
      ),
    );
    await applyChanges(context, site, changes);
  }
}

/** From now on no session takes this visitor in any more. */
export async function closeSessions(
  { hot, clock }: ServiceContext,
  site: string,
  visitor: string,
): Promise<void> {
  const expiresAt = clock.now() + GONE_MS;
  for (let shard = 0; shard < SESSION_SHARDS; shard++) {
    await hot.put(sessionShard(site, shard), SORT.gone + visitor, { v: 1 }, { expiresAt });
  }
}

/** Takes the visitor out of these sessions; a session without visitors is gone, and counts on where `keepsCount` says so. */
export function leaveSessions(
  context: ServiceContext,
  { site, visitor, keepsCount }: { site: string; visitor: string; keepsCount: boolean },
  sessions: readonly string[],
): Promise<void> {
  return applyChanges(
    context,
    site,
    sessions.map((session) => ({ session, visitor, part: null, keepsCount })),
  );
}
