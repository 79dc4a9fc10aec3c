import type { ConsentPolicy, Purpose } from "../../consent/types.js";
import type { Event } from "../../events/types.js";
import type { ServiceContext } from "../context.js";
import { storedGrants } from "../door/narrow.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { ConsentEntry, EventRecord, TombstoneRecord } from "../layout/records.js";

/** In the order in which they came. */
const byArrival = (a: Event, b: Event): number =>
  (a.receivedAt ?? a.occurredAt) - (b.receivedAt ?? b.occurredAt) ||
  a.occurredAt - b.occurredAt ||
  (a.seq ?? 0) - (b.seq ?? 0);

/** Whether what is kept of a visitor may be used for this by now, whatever its events were collected under. Without a decision these alone say it. */
export async function isAllowed(
  { hot, clock }: Pick<ServiceContext, "hot" | "clock">,
  partition: string,
  { policy, purposes }: { policy: ConsentPolicy | null; purposes: readonly Purpose[] },
): Promise<boolean> {
  const [tombstone = null, consent = null] = await hot.getMany<never>([
    { partition, sort: SORT.tombstone },
    { partition, sort: SORT.consent },
  ]);
  if ((tombstone as { value: TombstoneRecord } | null) !== null) return false;
  const entry = consent as { value: ConsentEntry } | null;
  if (entry === null) return true;
  const grants = storedGrants(policy, entry.value.current, { now: clock.now() });
  return purposes.every((purpose) => grants[purpose]);
}

/**
 * Of each visitor the events that are kept and that consent covers, at the time and now: as they were folded, under the pseudonym, what is sensitive still sealed. Visitors who were erased or
 * have withdrawn are not there. One visitor at a time is in memory.
 */
export async function* histories(
  context: ServiceContext,
  policy: ConsentPolicy | null,
  { site, purposes }: { site: string; purposes: readonly Purpose[] },
): AsyncGenerator<readonly Event[], void> {
  for await (const partition of context.hot.partitions(visitorPartition(site, ""))) {
    if (!(await isAllowed(context, partition, { policy, purposes }))) continue;
    const events: Event[] = [];
    for await (const { value } of context.hot.scan<EventRecord>(partition, { prefix: SORT.event })) {
      const covered = purposes.every(
        (purpose) => purpose === "necessary" || value.event.consent.purposes.includes(purpose),
      );
      if (covered) events.push(value.event);
    }
    if (events.length > 0) yield events.sort(byArrival);
  }
}
