import type { StoreOp, StoreRecord } from "../../ports/store.js";
import type { ServiceContext } from "../context.js";
import { applyEffects, negated } from "../effects/outbox.js";
import { closeSessions, leaveSessions } from "../effects/sessions.js";
import { counterPartitionOf, SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import type { AppliedRecord, EventRecord, TombstoneRecord, VisitorRecord } from "../layout/records.js";
import { publish } from "../live/frames.js";
import { notify } from "../live/notices.js";
import { untilWritten } from "../tools/retry.js";
import { noteCleared, NOTHING, removeCounted, type Removal, tombstonesOf } from "./erase-records.js";

export interface Target {
  site: string;
  visitor: string;
  /** The user by whom the visitor was found. */
  user: string | null;
  /** Whether what was counted of the visitor stays in the sums. */
  keepsCounts?: boolean;
}

/**
 * Puts up the tombstone and removes the state in one commit: from then on nothing of this visitor can be folded. The tombstone
 * carries what has yet to be taken out of the counters, so that an erasure that was cut off is completed by the next one, and counts what
 * was removed.
 */
export async function bury(context: ServiceContext, target: Target): Promise<void> {
  const { hot, clock, random } = context;
  const { site, visitor, keepsCounts = false } = target;
  const partition = visitorPartition(site, visitor);
  const attempt = async (): Promise<true | null> => {
    const [state, stone, applied] = await hot.getMany<never>([
      { partition, sort: SORT.state },
      { partition, sort: SORT.tombstone },
      { partition: counterPartitionOf(site, visitor), sort: SORT.applied + visitor },
    ]);
    if (stone != null) return true;
    const known = state?.value as VisitorRecord | undefined;
    // Of one whose state had its end it is remembered in what segments it is counted.
    const counted = known ?? (applied?.value as AppliedRecord | undefined);
    const tombstone: TombstoneRecord = { v: 1, at: clock.now(), ...(keepsCounts && { keepsCounts: true }) };
    if (counted !== undefined) {
      const undo = {
        ...{ seq: counted.seq + 1, sessions: [], links: [], until: tombstone.at, last: true as const },
        counts: keepsCounts ? {} : negated(known?.counts ?? {}),
        ...(keepsCounts && known !== undefined ? {} : { stands: [] }),
      };
      // Sessions and links that were not made yet are not made any more.
      const open = known?.pending.map((effects) => ({ ...effects, sessions: [], links: [] })) ?? [];
      tombstone.pending = [...open, undo];
    }
    if (known !== undefined) tombstone.removed = { ...NOTHING, profiles: 1 };
    const ops: StoreOp[] = [
      { op: "put", sort: SORT.tombstone, value: tombstone, ifVersion: 0 },
      { op: "delete", sort: SORT.state, ifVersion: state?.version ?? 0 },
      // From here on nobody can read what the log holds.
      { op: "delete", sort: SORT.key },
    ];
    const { status } = await hot.commit(partition, ops);
    return status === "committed" ? true : null;
  };
  // Also where it fails: it may have been written all the same.
  const burying = context.queue(partition, () => untilWritten(attempt, random));
  await burying.finally(() => context.visitors.forget(site, visitor));
  context.subjectKeys?.forget(site, visitor);
  await notify(context, { about: "standing", site, visitor });
  await publish(context, site, [{ type: "erased", site, visitor }]);
}

/** The sessions that a chunk of events names are left before the chunk goes: until then they can be found again. */
async function leaveChunk(
  context: ServiceContext,
  { site, visitor, keepsCount }: Pick<Target, "site" | "visitor"> & { keepsCount: boolean },
  chunk: readonly StoreRecord<never>[],
): Promise<Removal> {
  const events = chunk.filter(({ sort }) => sort.startsWith(SORT.event));
  const named = events.flatMap(({ value }) => (value as EventRecord).event.sessionId ?? []);
  const sessions = [...new Set(named)];
  await leaveSessions(context, { site, visitor, keepsCount }, sessions);
  const partition = visitorPartition(site, visitor);
  const marks = sessions.map((session) => ({ partition, sort: SORT.left + session }));
  const known = await context.hot.getMany(marks);
  // A session's events may lie in several chunks: the first one marks it, so that it is counted once.
  const fresh = marks.filter((_, i) => known[i] === null);
  return {
    tally: {
      ...NOTHING,
      events: events.length,
      records: chunk.length - events.length,
      sessions: fresh.length,
    },
    ops: fresh.map(({ sort }) => ({ op: "put", sort, value: { v: 1 } })),
  };
}

/** All but what a call after a crash finds its way by. */
const isContent = (sort: string): boolean =>
  sort !== SORT.tombstone && !sort.startsWith(SORT.user) && !sort.startsWith(SORT.left);

const isUser = (sort: string): boolean => sort.startsWith(SORT.user);

/**
 * Takes the visitor away from its users. The way from the user at hand goes when all its visitors are done, and that from another
 * whose erasure is under way with that one.
 */
async function unlink(
  { hot }: ServiceContext,
  { site, visitor, user }: Target,
  chunk: readonly StoreRecord<never>[],
): Promise<Removal> {
  const others = chunk.map(({ sort }) => sort.slice(SORT.user.length)).filter((other) => other !== user);
  const keys = others.map((other) => ({ partition: userPartition(site, other), sort: SORT.tombstone }));
  const stones = await hot.getMany<TombstoneRecord>(keys);
  for (const [i, { partition }] of keys.entries()) {
    if (stones[i]?.value.removed === undefined) await hot.delete(partition, SORT.visitor + visitor);
  }
  return { tally: { ...NOTHING, records: chunk.length }, ops: [] };
}

/** Removes what is left of a buried visitor; the ways in which a repeated call finds the rest go last. */
export async function clear(context: ServiceContext, target: Target): Promise<void> {
  const { site, visitor } = target;
  const { hot, log } = context;
  const partition = visitorPartition(site, visitor);
  await closeSessions(context, site, visitor);
  const [tombstone] = await tombstonesOf(hot, [partition]);
  // In this order: what the visitor's last commits added is added before all of it is taken away.
  const { pending = [], keepsCounts: keepsCount = false } = (tombstone as StoreRecord<TombstoneRecord>).value;
  await applyEffects(context, [{ site, visitor, pending }], (other) => eraseVisitor(context, other));
  await removeCounted(context, partition, isContent, (chunk) =>
    leaveChunk(context, { site, visitor, keepsCount }, chunk),
  );
  // Only now, when no event is left that could be counted under them.
  for await (const { sort } of hot.scan(partition, { prefix: SORT.left })) await hot.delete(partition, sort);
  await noteCleared(context, partition, (await log?.erase(partition)) ?? 0);
  await removeCounted(context, partition, isUser, (chunk) => unlink(context, target, chunk));
  // What was read meanwhile may have been there still.
  context.visitors.forget(site, visitor);
}

/** Erases one visitor: the tombstone first. Repeating it, also after a crash, completes it. */
export async function eraseVisitor(context: ServiceContext, target: Target): Promise<void> {
  await bury(context, target);
  await clear(context, target);
}
