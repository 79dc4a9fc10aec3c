import type { ConsentRecord } from "../../consent/types.js";
import type { RecordKey, StoreRecord } from "../../ports/store.js";
import { knownFrom, knownKeys, type KnownVisitor } from "../cache/known-visitor.js";
import type { ServiceContext } from "../context.js";
import { keptUntil, linkedUntil, sessionKeptUntil } from "../layout/kept-until.js";
import { counterPartitionOf, SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import type {
  AppliedRecord,
  ConflictRecord,
  ConsentEntry,
  EventRecord,
  TombstoneRecord,
} from "../layout/records.js";
import type { HashedEvent, Traits, VisitorInput } from "./fold-visitor.js";

/** Entries of one visitor, in the order of the log. */
export interface VisitorEntries {
  site: string;
  visitor: string;
  entries: readonly HashedEvent[];
}

/** What is read of a visitor before a commit, with the versions that it is conditional on. */
export interface ReadVisitor extends VisitorInput {
  version: number;
  /** When the state that was read is gone, epoch ms. */
  expiresAt: number;
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

/**
 * Reads all that the fold of these entries needs and is not held: one round trip, more only where a conflict shows or links are to be kept
 * longer.
 */
export async function readVisitor(
  context: ServiceContext,
  { site, visitor, entries }: VisitorEntries,
  held: KnownVisitor | null,
): Promise<ReadVisitor> {
  const { hot } = context;
  const partition = visitorPartition(site, visitor);
  const ids = [...new Set(entries.map(({ event }) => event.id))];
  const users = [...new Set(entries.flatMap(({ event }) => event.userId ?? []))];
  const ofUsers = (sort: string): RecordKey[] =>
    users.map((user) => ({ partition: userPartition(site, user), sort }));
  const found = await readParts(hot, {
    own: held === null ? knownKeys(partition) : [],
    applied: [{ partition: counterPartitionOf(site, visitor), sort: SORT.applied + visitor }],
    events: ids.map((id) => ({ partition, sort: SORT.event + id })),
    links: users.map((user) => ({ partition, sort: SORT.user + user })),
    userStones: ofUsers(SORT.tombstone),
    userConsents: ofUsers(SORT.consent),
  });
  const known = held ?? knownFrom(found.own);
  const { record } = known;
  const until = keptUntil(context, entries, record === null ? undefined : known.expiresAt);
  const events = valuesOf<EventRecord>(ids, found.events);
  const taken = new Map(Array.from(events, ([id, { hash }]) => [id, hash]));
  const stones = valuesOf<TombstoneRecord>(users, found.userStones);
  const { past } = context;
  const decided = async (of: string, present: ConsentRecord | null): Promise<ConsentRecord | null> =>
    past === undefined ? present : past.consentOf(of, visitor);
  const userConsents = new Map<string, ConsentRecord>();
  for (const [i, user] of users.entries()) {
    const entry = found.userConsents[i]?.value as ConsentEntry | undefined;
    const decision = await decided(userPartition(site, user), entry?.current ?? null);
    if (decision !== null) userConsents.set(user, decision);
  }
  return {
    record,
    version: known.version,
    consent: await decided(partition, known.consent),
    ...(past !== undefined && { decisionAt: await past.decisionsOf(partition) }),
    consentVersion: known.consentVersion,
    expiresAt: known.expiresAt,
    tombstone: known.tombstone,
    traits: known.traits ?? {},
    storedTraits: known.traits,
    applied: Math.max(0, (found.applied[0]?.value as AppliedRecord | undefined)?.seq ?? 0),
    recounted: (found.applied[0]?.expiresAt ?? Number.POSITIVE_INFINITY) <= until,
    taken,
    // Links that outlasted the state are made anew with it.
    linked: new Set(record === null ? [] : valuesOf(users, found.links).keys()),
    relinked: (record?.linkedUntil ?? until) < until ? await linksOf(hot, partition) : [],
    erasedUsers: new Map(Array.from(stones, ([user, { at }]) => [user, at])),
    userConsents,
    userConsentVersions: new Map(users.map((user, i) => [user, found.userConsents[i]?.version ?? 0])),
    conflicts: await readConflicts(hot, partition, entries, taken),
    until,
    linkedUntil: linkedUntil(until),
    sessionsUntil: sessionKeptUntil(context, entries),
    rollups: context.rollups !== null,
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
