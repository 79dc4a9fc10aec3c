import type { Event } from "../../events/types.js";
import type { ServiceContext } from "../context.js";
import type { HashedEvent } from "../fold/fold-visitor.js";

/** Links are kept this much longer than the state, so that they need not be written anew with every commit. */
const LINK_SLACK_MS = 86_400_000;

/** Until when links of a visitor are kept whose state is kept until then. */
export const linkedUntil = (until: number): number => until + LINK_SLACK_MS;

/** Until when an event is kept, epoch ms: as long as events are, or as it asks for where that is shorter. */
export const eventKeptUntil = (
  { clock, retentionMs }: Pick<ServiceContext, "clock" | "retentionMs">,
  event: Pick<Event, "receivedAt" | "retentionMs">,
): number => (event.receivedAt ?? clock.now()) + Math.min(event.retentionMs ?? retentionMs, retentionMs);

/**
 * Until when the visitor's state is kept: as long as its last event, so that no sum of events outlives them all. What the visitor has added to
 * the site's counters stays there, as part of sums that name nobody; who comes back later is counted as somebody new.
 */
export function keptUntil(
  context: Pick<ServiceContext, "clock" | "retentionMs">,
  entries: readonly HashedEvent[],
  before: number | undefined,
): number {
  return entries.reduce((until, { event }) => Math.max(until, eventKeptUntil(context, event)), before ?? 0);
}

/** Until when a session's record is kept that begins with these entries: as long as the first of them, by which an erasure finds it. */
export function sessionKeptUntil(
  context: Pick<ServiceContext, "clock" | "retentionMs">,
  entries: readonly HashedEvent[],
): number {
  const { clock, retentionMs } = context;
  return entries.reduce(
    (first, { event }) => Math.min(first, eventKeptUntil(context, event)),
    clock.now() + retentionMs,
  );
}

/**
 * The note of how far a visitor is counted outlasts the visitor's state by this much: were it gone first, effects that the state still holds
 * would be counted again.
 */
const COUNTED_SLACK_MS = 7 * 86_400_000;

/** Until when it is remembered how far a visitor is counted whose state is kept until then. */
export const countedUntil = (until: number): number => until + COUNTED_SLACK_MS;
