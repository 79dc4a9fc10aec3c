import type { StoreOp } from "../ports/store.js";
import type { ServiceContext } from "./context.js";
import { bury, clear, empty, type Removed } from "./erase-visitor.js";
import { lettersAbout } from "./letters.js";
import { auditPartition, SORT, userPartition } from "./partitions.js";
import type { TombstoneRecord } from "./records.js";
import type { Standings } from "./standing.js";
import { resolveSubject, type Subject } from "./subjects.js";
import type { ErasureReceipt, SubjectId } from "./types.js";

/** Events received until now that name this user are not folded any more, whichever visitor they come with. */
async function buryUser({ hot, clock }: ServiceContext, site: string, user: string): Promise<void> {
  await hot.put(userPartition(site, user), SORT.tombstone, {
    v: 1,
    at: clock.now(),
  } satisfies TombstoneRecord);
}

async function emptyUser(context: ServiceContext, site: string, user: string): Promise<number> {
  const partition = userPartition(site, user);
  const { records } = await empty(context, partition, async (chunk) => {
    await context.hot.commit(
      partition,
      chunk.map(({ sort }): StoreOp => ({ op: "delete", sort })),
    );
  });
  return records;
}

/** Removes the letters about these visitors of the subject and about its user; how many. */
async function eraseLetters(
  context: ServiceContext,
  subject: Subject,
  visitors: readonly string[],
): Promise<number> {
  const { log } = context;
  if (log === null) return 0;
  const found: string[] = [];
  for await (const { id } of lettersAbout(context, subject, visitors)) found.push(id);
  return found.length === 0 ? 0 : log.deadLetters.remove(found);
}

/**
 * Erases a subject for good. Tombstones come first, so that events in flight, replayed or retried meet them; then everything else,
 * in an order in which a crash leaves nothing that a second call would not find. The receipt names nobody.
 */
export async function eraseSubject(
  context: ServiceContext,
  standings: Standings,
  { site, id }: { site: string; id: SubjectId },
): Promise<ErasureReceipt> {
  let subject = await resolveSubject(context, site, id);
  const { user } = subject;
  if (user !== null) await buryUser(context, site, user);
  const removed: Removed = { events: 0, sessions: 0, profiles: 0, records: 0, logEntries: 0, deadLetters: 0 };
  const erased = new Set<string>();
  for (let left: readonly string[] = subject.visitors; left.length > 0; ) {
    const graves = [];
    for (const visitor of left) graves.push(await bury(context, standings, { site, visitor, user }));
    for (const visitor of left) erased.add(visitor);
    // Letters go before the events that say whose they are.
    removed.deadLetters += await eraseLetters(context, subject, left);
    for (const grave of graves) {
      const part = await clear(context, grave);
      for (const kind of Object.keys(part) as (keyof typeof part)[]) removed[kind] += part[kind];
    }
    // A visitor may have been linked to the user while the others were being erased.
    subject = await resolveSubject(context, site, id);
    left = subject.visitors.filter((visitor) => !erased.has(visitor));
  }
  // What the visitors are found by goes last, for a repeated call.
  if (user !== null) removed.records += await emptyUser(context, site, user);
  context.pseudonyms.forget();
  const completedAt = new Date(context.clock.now()).toISOString();
  const receipt: ErasureReceipt = { id: context.ids(), status: "completed", completedAt, removed };
  await context.durable.put(auditPartition(site), receipt.id, { v: 1, type: "erasure", ...receipt });
  return receipt;
}
