import type { Event } from "../events/types.js";
import { bodyHash } from "../service/fold/body-hash.js";
import type { SiteSummary } from "../service/types.js";
import { fold, initialState } from "../state/index.js";
import type { VisitorState } from "../state/types.js";

/** What a summary says of events, without what hangs on rulesets. */
export type EventSummary = Omit<SiteSummary, "segments" | "tooFew" | "experiments" | "crossed" | "other">;

/**
 * What must come of a log, worked out the plain way: of each id the first event counts, one with another body is a conflict.
 * Revenue is counted in tenths: every order of a crash history is worth 0.1.
 */
export function crashModel(events: readonly Event[]): {
  states: ReadonlyMap<string, VisitorState>;
  summary: EventSummary;
} {
  const first = new Map<string, Event>();
  const conflicts = new Set<string>();
  const states = new Map<string, VisitorState>();
  for (const event of events) {
    const key = `${event.visitorId} ${event.id}`;
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, event);
      states.set(event.visitorId, fold(states.get(event.visitorId) ?? initialState(), event));
    } else if (bodyHash(known) !== bodyHash(event)) conflicts.add(`${key} ${bodyHash(event)}`);
  }
  return { states, summary: summarise([...first.values()], states.size, conflicts.size) };
}

/** What a summary says where just these events were counted. */
export function summarise(counted: readonly Event[], visitors: number, conflicts: number): EventSummary {
  const orders = counted.filter(({ name }) => name === "Order Completed");
  const sessionsOf = (events: readonly Event[]): number =>
    new Set(events.map(({ sessionId }) => sessionId)).size;
  const byName: Record<string, number> = {};
  for (const { name } of counted) byName[name] = (byName[name] ?? 0) + 1;
  return {
    events: counted.length,
    sessions: { given: sessionsOf(counted), derived: 0 },
    visitors,
    conversions: { sessions: sessionsOf(orders), orders: orders.length, revenue: orders.length / 10 },
    byName,
    conflicts,
    estimated: false,
  };
}
