import type { ConsentRecord } from "../consent/types.js";
import type { RecordKey, StoreRecord } from "../ports/store.js";
import type { ServiceContext } from "./context.js";
import type { HashedEvent, Traits, VisitorInput } from "./fold-visitor.js";
import { keptUntil, linkedUntil } from "./kept-until.js";
import { counterPartitionOf, SORT, userPartition, visitorPartition } from "./partitions.js";
import type {
  AppliedRecord,
  ConflictRecord,
  ConsentEntry,
  EventRecord,
  TombstoneRecord,
  VisitorRecord,
} from "./records.js";

/** Entries of one visitor, in the order of the log. */
export interface VisitorEntries {
  site: string;
  visitor: string;
  entries: readonly HashedEvent[];
}

/** What is read of a visitor before a commit, with the versions that it is conditional on. */
export interface ReadVisitor extends VisitorInput {
  version: number;
  consentVersion: number;
  tombstone: TombstoneRecord | null;
  /** Null where there are none. */
  storedTraits: Traits | null;
}

/** Several keys read at once, taken apart by what they are for. */
async function readParts<P extends string>(
  hot: ServiceContext["hot"],
  parts: Readonly<Record<P, readonly RecordKey[]>>,
): Promise<Record<P, (StoreRecord<never> | null)[]>> {
  const names = Object.keys(parts) as P[];
  const records = await hot.getMany<never>(names.flatMap((name) => parts[name]));
  let from = 0;
  const taken = names.map((name) => [name, records.slice(from, (from += parts[name].length))]);
  return Object.fromEntries(taken) as Record<P, (StoreRecord<never> | null)[]>;
}

/** What the store holds of the keys, by what each key is of; nothing where there is no record. */
function valuesOf<V>(of: readonly string[], records: readonly (StoreRecord<never> | null)[]): Map<string, V> {
  return new Map(of.flatMap((name, i) => (records[i] == null ? [] : [[name, records[i].value as V]])));
}

/** Reads all that the fold of these entries needs: one round trip, more only where a conflict shows or links are to be kept longer. */
export async function readVisitor(
  context: ServiceContext,
  { site, visitor, entries }: VisitorEntries,
): Promise<ReadVisitor> {
  const { hot } = context;
  const partition = visitorPartition(site, visitor);
  const ids = [...new Set(entries.map(({ event }) => event.id))];
  const users = [...new Set(entries.flatMap(({ event }) => event.userId ?? []))];
  const ofUsers = (sort: string): RecordKey[] =>
    users.map((user) => ({ partition: userPartition(site, user), sort }));
  const own = (sort: string): RecordKey[] => [{ partition, sort }];
  const found = await readParts(hot, {
    state: own(SORT.state),
    consent: own(SORT.consent),
    tombstone: own(SORT.tombstone),
    traits: own(SORT.traits),
    applied: [{ partition: counterPartitionOf(site, visitor), sort: SORT.applied + visitor }],
    events: ids.map((id) => ({ partition, sort: SORT.event + id })),
    links: users.map((user) => ({ partition, sort: SORT.user + user })),
    userStones: ofUsers(SORT.tombstone),
    userConsents: ofUsers(SORT.consent),
  });
  const value = <V>([record]: readonly (StoreRecord<never> | null)[]): V | null => record?.value ?? null;
  const record = value<VisitorRecord>(found.state);
  const until = keptUntil(context, entries, found.state[0]?.expiresAt);
  const known = valuesOf<EventRecord>(ids, found.events);
  const taken = new Map(Array.from(known, ([id, { hash }]) => [id, hash]));
  const stones = valuesOf<TombstoneRecord>(users, found.userStones);
  const { past } = context;
  const decided = async (of: string, entry: ConsentEntry | null): Promise<ConsentRecord | null> =>
    past === undefined ? (entry?.current ?? null) : past.consentOf(of, visitor);
  const userConsents = new Map<string, ConsentRecord>();
  for (const [i, user] of users.entries()) {
    const decision = await decided(userPartition(site, user), value([found.userConsents[i] ?? null]));
    if (decision !== null) userConsents.set(user, decision);
  }
  const storedTraits = value<Traits>(found.traits);
  return {
    record,
    version: found.state[0]?.version ?? 0,
    consent: await decided(partition, value<ConsentEntry>(found.consent)),
    consentVersion: found.consent[0]?.version ?? 0,
    tombstone: value<TombstoneRecord>(found.tombstone),
    traits: storedTraits ?? {},
    storedTraits,
    applied: Math.max(0, value<AppliedRecord>(found.applied)?.seq ?? 0),
    recounted: (found.applied[0]?.expiresAt ?? Number.POSITIVE_INFINITY) <= until,
    taken,
    // Links that outlasted the state are made anew with it.
    linked: new Set(record === null ? [] : valuesOf(users, found.links).keys()),
    relinked: (record?.linkedUntil ?? until) < until ? await linksOf(hot, partition) : [],
    erasedUsers: new Map(Array.from(stones, ([user, { at }]) => [user, at])),
    userConsents,
    conflicts: await readConflicts(hot, partition, entries, taken),
    until,
    linkedUntil: linkedUntil(until),
  };
}

/** The users that the visitor is linked to. */
async function linksOf(hot: ServiceContext["hot"], partition: string): Promise<string[]> {
  const users: string[] = [];
  for await (const { sort } of hot.scan(partition, { prefix: SORT.user }))
    users.push(sort.slice(SORT.user.length));
  return users;
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
