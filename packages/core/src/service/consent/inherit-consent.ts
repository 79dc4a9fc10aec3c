import type { ConsentRecord } from "../../consent/types.js";
import type { StoreOp } from "../../ports/store.js";
import type { ServiceContext } from "../context.js";
import { inherited } from "../door/narrow.js";
import { SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import type { ConsentEntry, ConsentLine, PendingEffects } from "../layout/records.js";
import { notify } from "../live/notices.js";
import { untilWritten } from "../tools/retry.js";

/** The decision, and its line in the history. Decisions are kept for themselves, whatever becomes of events. */
export function consentOperations(
  { ids, clock }: ServiceContext,
  record: ConsentRecord,
  version: number,
): StoreOp[] {
  const receipt = ids();
  const entry: ConsentEntry = { v: 1, current: record };
  const line: ConsentLine = { v: 1, receipt, recordedAt: clock.now(), record, held: record };
  return [
    { op: "put", sort: SORT.consent, value: entry, ifVersion: version },
    { op: "put", sort: SORT.consentHistory + receipt, value: line },
  ];
}

/**
 * Looks again at what a user has decided, once the visitor can be found by it: a decision that was being recorded meanwhile has not seen the
 * link, and the fold has not seen the decision.
 *
 * @param folded The versions of the decisions that the fold went by; absent for a link that was there before.
 */
export async function inheritConsent(
  context: ServiceContext,
  { site, visitor, user }: { site: string; visitor: string; user: string },
  folded: PendingEffects["decisions"],
): Promise<void> {
  const { hot, random } = context;
  const partition = visitorPartition(site, visitor);
  const attempt = async (): Promise<{ changed: boolean } | null> => {
    const [users, own, tombstone] = await hot.getMany<never>([
      { partition: userPartition(site, user), sort: SORT.consent },
      { partition, sort: SORT.consent },
      { partition, sort: SORT.tombstone },
    ]);
    const before = (own?.value as ConsentEntry | undefined)?.current ?? null;
    const theirs = (users?.value as ConsentEntry | undefined)?.current ?? null;
    const isNewer = theirs !== null && theirs.decidedAt > (before?.decidedAt ?? Number.NEGATIVE_INFINITY);
    // The fold would have heeded it whenever it was made. Where the visitor has decided since, too, the later of both holds.
    const seen = folded?.users[user];
    const isMissed =
      seen !== undefined && seen !== (users?.version ?? 0) && folded?.own === (own?.version ?? 0);
    const next = theirs !== null && (isNewer || isMissed) ? inherited(before, theirs) : before;
    if (tombstone != null || next === null || next === before) return { changed: false };
    const { status } = await hot.commit(partition, [
      { op: "check", sort: SORT.tombstone, ifVersion: 0 },
      ...consentOperations(context, next, own?.version ?? 0),
    ]);
    return status === "committed" ? { changed: true } : null;
  };
  let changed = true;
  try {
    ({ changed } = await untilWritten(attempt, random));
  } finally {
    // Also where it fails: it may have been written all the same.
    if (changed) context.visitors.forget(site, visitor);
  }
  if (changed) await notify(context, { about: "standing", site, visitor });
}
