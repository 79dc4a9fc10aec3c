import type { RecordKey, StoreOp, StoreRecord } from "../ports/store.js";
import { segmentChanges } from "../segments/index.js";
import type { Memberships, SegmentChange } from "../segments/types.js";
import type { ServiceContext } from "./context.js";
import {
  foldVisitor,
  type HashedEvent,
  type Traits,
  type VisitorInput,
  type VisitorPlan,
} from "./fold-visitor.js";
import { counterPartitionOf, SORT, userPartition, visitorPartition } from "./partitions.js";
import type {
  AppliedRecord,
  ConflictRecord,
  ConsentEntry,
  EventRecord,
  PendingEffects,
  TombstoneRecord,
  VisitorRecord,
} from "./records.js";
import { untilWritten } from "./retry.js";
import type { SiteRules } from "./ruleset.js";
import type { EventOutcome } from "./types.js";

/** Entries of one visitor, in the order of the log. */
export interface VisitorEntries {
  site: string;
  visitor: string;
  entries: readonly HashedEvent[];
}

export interface VisitorCommit {
  site: string;
  visitor: string;
  outcomes: readonly EventOutcome[];
  /** Those that were folded by this commit. */
  events: readonly EventRecord[];
  segments: Memberships;
  changes: readonly SegmentChange[];
  /** What is still to be done in other partitions, oldest first. */
  pending: readonly PendingEffects[];
}

interface Read extends VisitorInput {
  version: number;
  tombstone: TombstoneRecord | null;
}

/** Reads all that the fold of these entries needs: one round trip, a second one only where a conflict shows. */
async function read(
  { hot }: ServiceContext,
  { site, visitor, entries }: VisitorEntries,
  readsExtra: boolean,
): Promise<Read> {
  const partition = visitorPartition(site, visitor);
  const ids = [...new Set(entries.map(({ event }) => event.id))];
  const users = [...new Set(entries.flatMap(({ event }) => event.userId ?? []))];
  const keys: RecordKey[] = [
    { partition, sort: SORT.state },
    { partition, sort: SORT.consent },
    { partition, sort: SORT.tombstone },
    { partition: counterPartitionOf(site, visitor), sort: SORT.applied + visitor },
    ...ids.map((id) => ({ partition, sort: SORT.event + id })),
    ...users.map((user) => ({ partition, sort: SORT.user + user })),
    ...users.map((user) => ({ partition: userPartition(site, user), sort: SORT.tombstone })),
  ];
  if (readsExtra || users.length > 0) keys.push({ partition, sort: SORT.traits });
  const [state, consent, tombstone, applied, ...rest] = await hot.getMany<never>(keys);
  const value = <V>(record: StoreRecord<never> | null | undefined): V | null => record?.value ?? null;

  const taken = new Map<string, number>();
  ids.forEach((id, i) => {
    const known = value<EventRecord>(rest[i]);
    if (known !== null) taken.set(id, known.hash);
  });
  const linked = new Set(users.filter((_, i) => rest[ids.length + i] != null));
  const erasedUsers = new Map<string, number>();
  users.forEach((user, i) => {
    const erased = value<TombstoneRecord>(rest[ids.length + users.length + i]);
    if (erased !== null) erasedUsers.set(user, erased.at);
  });
  return {
    record: value<VisitorRecord>(state),
    version: state?.version ?? 0,
    consent: value<ConsentEntry>(consent)?.current ?? null,
    tombstone: value<TombstoneRecord>(tombstone),
    traits: value<Traits>(rest[ids.length + 2 * users.length]) ?? {},
    applied: value<AppliedRecord>(applied)?.seq ?? 0,
    taken,
    linked,
    erasedUsers,
    conflicts: await readConflicts(hot, partition, entries, taken),
  };
}

async function readConflicts(
  hot: ServiceContext["hot"],
  partition: string,
  entries: readonly HashedEvent[],
  taken: ReadonlyMap<string, number>,
): Promise<Map<string, readonly number[]>> {
  const first = new Map(taken);
  const ids = new Set<string>();
  for (const { event, hash } of entries) {
    const known = first.get(event.id);
    if (known === undefined) first.set(event.id, hash);
    else if (known !== hash) ids.add(event.id);
  }
  const found = new Map<string, readonly number[]>();
  if (ids.size === 0) return found;
  const order = [...ids];
  const records = await hot.getMany<ConflictRecord>(
    order.map((id) => ({ partition, sort: SORT.conflict + id })),
  );
  records.forEach((record, i) => {
    if (record !== null) found.set(order[i] as string, record.value.hashes);
  });
  return found;
}

function operations(
  context: ServiceContext,
  plan: VisitorPlan & { record: VisitorRecord },
  version: number,
): StoreOp[] {
  const now = context.clock.now();
  const ops: StoreOp[] = [
    { op: "check", sort: SORT.tombstone, ifVersion: 0 },
    { op: "put", sort: SORT.state, value: plan.record, ifVersion: version },
  ];
  for (const record of plan.events) {
    const expiresAt = (record.event.receivedAt ?? now) + context.retentionMs;
    ops.push({ op: "put", sort: SORT.event + record.event.id, value: record, expiresAt });
  }
  for (const [id, hashes] of plan.conflicts) {
    ops.push({
      op: "put",
      sort: SORT.conflict + id,
      value: { v: 1, hashes },
      expiresAt: now + context.retentionMs,
    });
  }
  for (const user of plan.links) ops.push({ op: "put", sort: SORT.user + user, value: { v: 1, at: now } });
  if (plan.traits !== null) ops.push({ op: "put", sort: SORT.traits, value: plan.traits });
  return ops;
}

/**
 * Folds the entries into the visitor's partition in one atomic commit, each event once whatever is repeated. What must
 * happen elsewhere is written down in that same commit and handed back.
 */
export async function commitVisitor(
  context: ServiceContext,
  work: VisitorEntries,
  rules: SiteRules,
): Promise<VisitorCommit> {
  const { site, visitor, entries } = work;
  const partition = visitorPartition(site, visitor);
  const attempt = async (): Promise<VisitorCommit | null> => {
    const known = await read(context, work, rules.readsExtra);
    const done = { site, visitor, events: [], changes: [], segments: known.record?.segments ?? {} };
    if (known.tombstone !== null) {
      return { ...done, outcomes: entries.map(() => "erased"), pending: known.tombstone.pending ?? [] };
    }
    const plan = foldVisitor(known, entries, rules.evaluate);
    const { record, outcomes, events } = plan;
    if (record === null) {
      return {
        ...done,
        outcomes,
        pending: known.record?.pending.filter(({ seq }) => seq > known.applied) ?? [],
      };
    }
    const { status } = await context.hot.commit(
      partition,
      operations(context, { ...plan, record }, known.version),
    );
    if (status !== "committed") return null;
    const changes = segmentChanges(done.segments, record.segments, record.state.lastSeenAt);
    return { site, visitor, outcomes, events, segments: record.segments, changes, pending: record.pending };
  };
  return context.queue(partition, () => untilWritten(attempt, context.random));
}
