import type { Event } from "../../events/types.js";
import type { ServiceContext } from "../context.js";
import { eventKeptUntil } from "../layout/kept-until.js";
import { briefKey, SORT, UPKEEP, visitorPartition } from "../layout/partitions.js";

/*
 * Events that ask to be kept for less than others. In the store each record has its own end; the log keeps all for as long as events are kept.
 * So they stand in the log under the hour that they are gone by, whoever's they are, and a sweep after that hour removes that key as a whole:
 * one call, however many they were. Which hours there are is noted before anything is appended under them.
 */

const HOUR_MS = 3_600_000;

type Keeping = Pick<ServiceContext, "clock" | "retentionMs">;

/** The hour that has ended by the time at which the event is gone, or just after it; null for an event that is kept like all. */
const hourOf = (context: Keeping, event: Event): number | null =>
  event.retentionMs === undefined || event.retentionMs >= context.retentionMs
    ? null
    : Math.ceil(eventKeptUntil(context, event) / HOUR_MS);

/** Under which key an event stands in the log. */
export function logKeyOf(context: Keeping, event: Event): string {
  const hour = hourOf(context, event);
  return hour === null ? visitorPartition(event.site, event.visitorId) : briefKey(event.site, hour);
}

interface BriefNote {
  v: 1;
  site: string;
  hour: number;
}

/** Hours since the epoch have seven digits until the year 3110. */
const sortOf = ({ site, hour }: Omit<BriefNote, "v">): string =>
  `${SORT.brief}${String(hour).padStart(7, "0")}/${site}`;

/** Notes the hours by which some of these events are gone. A note that no event comes to stand under costs one needless call. */
export async function noteBrief(context: ServiceContext, events: readonly Event[]): Promise<void> {
  const notes = new Map<string, BriefNote>();
  for (const event of events) {
    const hour = hourOf(context, event);
    if (hour !== null) notes.set(sortOf({ site: event.site, hour }), { v: 1, site: event.site, hour });
  }
  for (const [sort, note] of notes) await context.hot.put(UPKEEP, sort, note, { ifVersion: 0 });
}

/** Removes from the log what is gone by now; how many entries. A log that cannot remove any (Kafka) keeps them until it trims itself. */
export async function eraseBrief({ hot, log, clock }: ServiceContext): Promise<number> {
  if (log === null) return 0;
  const now = clock.now();
  let erased = 0;
  for await (const { sort, value } of hot.scan<BriefNote>(UPKEEP, { prefix: SORT.brief })) {
    if (value.hour * HOUR_MS > now) break;
    erased += await log.erase(briefKey(value.site, value.hour));
    await hot.delete(UPKEEP, sort);
  }
  return erased;
}
