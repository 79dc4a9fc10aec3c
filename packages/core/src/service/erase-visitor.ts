import type { StoreOp, StoreRecord } from "../ports/store.js";
import type { ServiceContext } from "./context.js";
import { notify } from "./notices.js";
import { applyEffects, negated } from "./outbox.js";
import { SORT, userPartition, visitorPartition } from "./partitions.js";
import type { EventRecord, TombstoneRecord, VisitorRecord } from "./records.js";
import { untilWritten } from "./retry.js";
import { closeSessions, leaveSessions } from "./sessions.js";
import type { Standings } from "./standing.js";
import type { ErasureReceipt } from "./types.js";

export type Removed = ErasureReceipt["removed"];

export interface Target {
  site: string;
  visitor: string;
  /** The user by whom the visitor was found. */
  user: string | null;
}

/** Records removed in one commit. */
const CHUNK = 200;

/** A visitor whose tombstone stands. */
export interface Grave extends Target {
  tombstone: TombstoneRecord;
  /** How many profiles went with the state: none where it was buried before. */
  profiles: number;
}

/**
 * Puts up the tombstone and removes the state in one commit: from then on nothing of this visitor can be folded. The tombstone
 * carries what has yet to be taken out of the counters, so that an erasure that was cut off is completed by the next one.
 */
export async function bury(context: ServiceContext, standings: Standings, target: Target): Promise<Grave> {
  const { hot, clock, random } = context;
  const { site, visitor } = target;
  const partition = visitorPartition(site, visitor);
  const attempt = async () => {
    const [state, stone] = await hot.getMany<never>(
      [SORT.state, SORT.tombstone].map((sort) => ({ partition, sort })),
    );
    const before = stone?.value as TombstoneRecord | undefined;
    if (before !== undefined) return { tombstone: before, profiles: 0 };
    const known = state?.value as VisitorRecord | undefined;
    const tombstone: TombstoneRecord = { v: 1, at: clock.now() };
    if (known !== undefined) {
      const undo = {
        seq: known.seq + 1,
        counts: negated(known.counts),
        sessions: [],
        links: [],
        last: true as const,
      };
      // Sessions and links that were not made yet are not made any more.
      tombstone.pending = [
        ...known.pending.map(({ seq, counts }) => ({ seq, counts, sessions: [], links: [] })),
        undo,
      ];
    }
    const ops: StoreOp[] = [
      { op: "put", sort: SORT.tombstone, value: tombstone, ifVersion: 0 },
      { op: "delete", sort: SORT.state, ifVersion: state?.version ?? 0 },
    ];
    const { status } = await hot.commit(partition, ops);
    return status === "committed" ? { tombstone, profiles: known === undefined ? 0 : 1 } : null;
  };
  const grave = { ...target, ...(await context.queue(partition, () => untilWritten(attempt, random))) };
  standings.forget(site, visitor);
  await notify(context, { about: "standing", site, visitor });
  return grave;
}

/** The sessions that a chunk of events names are left before the chunk goes: until then they can be found again. */
async function removeChunk(
  context: ServiceContext,
  of: { site: string; visitor: string },
  chunk: readonly StoreRecord<never>[],
): Promise<string[]> {
  const { site, visitor } = of;
  const sessions = chunk.flatMap(({ sort, value }) =>
    sort.startsWith(SORT.event) ? ((value as EventRecord).event.sessionId ?? []) : [],
  );
  await leaveSessions(context, site, visitor, [...new Set(sessions)]);
  const ops = chunk.map(({ sort }): StoreOp => ({ op: "delete", sort }));
  await context.hot.commit(visitorPartition(site, visitor), ops);
  return sessions;
}

/** Empties a partition but for its tombstone and a visitor's users, by which a call after a crash finds its way. */
export async function empty(
  context: ServiceContext,
  partition: string,
  remove: (chunk: readonly StoreRecord<never>[]) => Promise<void>,
): Promise<{ events: number; records: number }> {
  const removed = { events: 0, records: 0 };
  let chunk: StoreRecord<never>[] = [];
  for await (const found of context.hot.scan<never>(partition)) {
    if (found.sort === SORT.tombstone || found.sort.startsWith(SORT.user)) continue;
    removed[found.sort.startsWith(SORT.event) ? "events" : "records"]++;
    chunk.push(found);
    if (chunk.length < CHUNK) continue;
    await remove(chunk);
    chunk = [];
  }
  if (chunk.length > 0) await remove(chunk);
  return removed;
}

/** Takes the visitor away from its users. The links of the user at hand go when all visitors are done. */
async function unlink({ hot }: ServiceContext, { site, visitor, user }: Target): Promise<number> {
  const partition = visitorPartition(site, visitor);
  let links = 0;
  for await (const { sort } of hot.scan(partition, { prefix: SORT.user })) {
    const other = sort.slice(SORT.user.length);
    if (other !== user) await hot.delete(userPartition(site, other), SORT.visitor + visitor);
    await hot.delete(partition, sort);
    links++;
  }
  return links;
}

/** Removes what is left of a buried visitor; the ways in which a repeated call finds the rest go last. */
export async function clear(
  context: ServiceContext,
  { tombstone, profiles, ...target }: Grave,
): Promise<Omit<Removed, "deadLetters">> {
  const { site, visitor } = target;
  const { hot, log } = context;
  const partition = visitorPartition(site, visitor);
  await closeSessions(context, site, visitor);
  // In this order: what the visitor's last commits added is added before all of it is taken away.
  await applyEffects(context, [{ site, visitor, pending: tombstone.pending ?? [] }]);
  const sessions = new Set<string>();
  const { events, records } = await empty(context, partition, async (chunk) => {
    for (const session of await removeChunk(context, { site, visitor }, chunk)) sessions.add(session);
  });
  const logEntries = (await log?.erase(partition)) ?? 0;
  await hot.put(partition, SORT.tombstone, { v: 1, at: tombstone.at } satisfies TombstoneRecord);
  const links = await unlink(context, target);
  return { events, sessions: sessions.size, profiles, records: records + links, logEntries };
}

/** Erases one visitor: the tombstone first. Repeating it, also after a crash, completes it. */
export const eraseVisitor = async (
  context: ServiceContext,
  standings: Standings,
  target: Target,
): Promise<Omit<Removed, "deadLetters">> => clear(context, await bury(context, standings, target));
