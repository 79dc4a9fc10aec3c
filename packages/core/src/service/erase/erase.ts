import { resolveSubject, type Subject } from "../consent/subjects.js";
import type { ServiceContext } from "../context.js";
import type { EraseOptions } from "../options.js";
import { SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import type { TombstoneRecord } from "../layout/records.js";
import { lettersAbout } from "../letters/letters.js";
import { untilWritten } from "../tools/retry.js";
import type { ErasureReceipt, SubjectId } from "../types.js";
import { NOTHING, noteTold, plus, removeCounted, tombstonesOf } from "./erase-records.js";
import { bury, clear } from "./erase-visitor.js";

/** Events received until now that name this user are not folded any more, whichever visitor they come with. */
async function buryUser({ hot, clock, random }: ServiceContext, partition: string): Promise<void> {
  const attempt = async (): Promise<true | null> => {
    const before = await hot.get<TombstoneRecord>(partition, SORT.tombstone);
    const stone: TombstoneRecord = { v: 1, at: clock.now(), removed: before?.value.removed ?? NOTHING };
    const ifVersion = before?.version ?? 0;
    return (await hot.put(partition, SORT.tombstone, stone, { ifVersion })).written ? true : null;
  };
  await untilWritten(attempt, random);
}

/** All but the visitors, by which a call after a crash finds them. What links a user and a visitor counts once: with the visitor. */
const isUsers = (sort: string): boolean => sort !== SORT.tombstone && !sort.startsWith(SORT.visitor);

/** Removes the letters about these visitors of the subject and about its user; how many. */
async function eraseLetters(
  context: ServiceContext,
  subject: Subject,
  by: { visitors: readonly string[]; own: boolean },
): Promise<number> {
  const { log } = context;
  if (log === null) return 0;
  const found: string[] = [];
  for await (const { id } of lettersAbout(context, subject, by)) found.push(id);
  return found.length === 0 ? 0 : log.deadLetters.remove(found);
}

/** No rebuild may begin beside an erasure, however long it takes. Without a log nothing is ever made anew. */
const mayGoOn = async ({ log, claim }: ServiceContext): Promise<void> => {
  if (log !== null) await claim.hold();
};

/** The subject without what it is linked to: the visitors that the id itself may name. Its user's own records stay, by which the links are found. */
const alone = (subject: Subject): Subject => ({
  ...subject,
  user: null,
  visitors: subject.visitors.slice(0, subject.named),
});

/** Erases the visitors of a subject, and those that turn out to be its own meanwhile: their partitions, and how many letters went. */
async function eraseVisitors(
  context: ServiceContext,
  {
    site,
    id,
    cascade,
    own,
    keepsCounts,
  }: { site: string; id: SubjectId; cascade: boolean; own: boolean; keepsCounts: boolean },
): Promise<{ partitions: string[]; deadLetters: number }> {
  const erased = new Set<string>();
  let deadLetters = 0;
  for (;;) {
    const found = await resolveSubject(context, site, id);
    const subject = cascade ? found : alone(found);
    const { user } = subject;
    const left = subject.visitors.filter((visitor) => !erased.has(visitor));
    if (left.length === 0) break;
    for (const visitor of left) {
      await mayGoOn(context);
      await bury(context, { site, visitor, user, keepsCounts });
    }
    for (const visitor of left) erased.add(visitor);
    // Letters go before the events that say whose they are.
    deadLetters += await eraseLetters(context, subject, { visitors: left, own });
    for (const visitor of left) {
      await mayGoOn(context);
      await clear(context, { site, visitor, user });
    }
  }
  return { partitions: Array.from(erased, (visitor) => visitorPartition(site, visitor)), deadLetters };
}

/**
 * Erases a subject for good. Tombstones come first, so that events in flight, replayed or retried meet them; then everything else,
 * in an order in which a crash leaves nothing that a second call would not find. The receipt names nobody.
 *
 * It tells of all that was removed, also by workers that met the tombstones meanwhile and by calls that were cut off before they had a
 * receipt; letters, and what was removed of the log just before a crash, excepted. A call that is cut off after its receipt is in the
 * audit, or runs beside another one, may tell of the same again; a later call tells of nothing that was told.
 */
export async function eraseSubject(
  context: ServiceContext,
  {
    site,
    id,
    actor,
    cascade = true,
    own: byItself = false,
    anonymizeOnly = false,
  }: { site: string; id: SubjectId } & EraseOptions,
): Promise<ErasureReceipt> {
  const { hot } = context;
  await mayGoOn(context);
  const subject = await resolveSubject(context, site, id);
  const { user } = cascade ? subject : alone(subject);
  const own = user === null ? null : userPartition(site, user);
  if (own !== null) await buryUser(context, own);
  const { partitions, deadLetters } = await eraseVisitors(context, {
    ...{ site, id, cascade },
    own: byItself,
    keepsCounts: anonymizeOnly,
  });
  if (own !== null) {
    await removeCounted(context, own, isUsers, async ({ length }) => ({
      tally: { ...NOTHING, records: length },
      ops: [],
    }));
  }
  const stones = await tombstonesOf(hot, own === null ? partitions : [...partitions, own]);
  const counted = stones.map(({ value }) => value.removed ?? NOTHING).reduce(plus);
  context.pseudonyms.forget();
  const completedAt = new Date(context.clock.now()).toISOString();
  const removed = { ...counted, deadLetters };
  const receipt: ErasureReceipt = { id: context.ids(), status: "completed", completedAt, removed };
  await context.audit.append(site, {
    type: "erasure",
    actor,
    detail: {
      receipt: receipt.id,
      removed,
      ...(!cascade && { cascade }),
      ...(anonymizeOnly && { anonymizeOnly }),
    },
  });
  for (const stone of stones) {
    // The user's comes last, and before it what the visitors are found by: a call after a crash finds all that is not told yet.
    if (stone.partition === own)
      for await (const { sort } of hot.scan(own, { prefix: SORT.visitor })) await hot.delete(own, sort);
    await noteTold(hot, stone);
  }
  return receipt;
}
