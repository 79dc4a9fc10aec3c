import type { Event } from "@attune/core";

/** What one visitor has added to the figures of the live page. */
export interface VisitorTally {
  events: number;
  sessions: number;
  /** Sessions with an order. */
  converted: number;
  orders: number;
  revenue: number;
  /** Null until a change was heard of. */
  segments: readonly string[] | null;
  /** By experiment, in the order in which they were first seen. */
  arms: Map<string, ExperimentTally>;
  /** The session that is counted, and whether it has an order. */
  session: { id: string; converted: boolean } | null;
}

interface ExperimentTally {
  seen: Set<string>;
  /** The variant seen first, once an order came after it: as the durable counts have it. */
  converted: string | null;
}

/** Names come from whoever holds a public key: no visitor is followed through more experiments or variants than this. */
const MAX_EXPERIMENTS = 50;
const MAX_VARIANTS = 20;
const MAX_NAME = 128;

export const newTally = (): VisitorTally => ({
  events: 0,
  sessions: 0,
  converted: 0,
  orders: 0,
  revenue: 0,
  segments: null,
  arms: new Map(),
  session: null,
});

/** Adds an event to the tally of its visitor. */
export function countEvent(tally: VisitorTally, event: Event): void {
  tally.events += 1;
  if (event.sessionId !== null && tally.session?.id !== event.sessionId) {
    tally.session = { id: event.sessionId, converted: false };
    tally.sessions += 1;
  }
  if (event.name === "Order Completed") countOrder(tally, event);
  else if (event.name === "Variant Exposed") countExposure(tally, event);
}

function countOrder(tally: VisitorTally, { properties }: Event): void {
  const revenue = properties.revenue ?? properties.total;
  tally.orders += 1;
  if (typeof revenue === "number" && revenue > 0) tally.revenue += revenue;
  if (tally.session?.converted === false) {
    tally.session.converted = true;
    tally.converted += 1;
  }
  for (const arm of tally.arms.values()) arm.converted ??= [...arm.seen][0] ?? null;
}

function countExposure({ arms }: VisitorTally, { properties: { experiment, variant } }: Event): void {
  if (!isName(experiment) || !isName(variant)) return;
  const arm = arms.get(experiment);
  if (arm === undefined) {
    if (arms.size < MAX_EXPERIMENTS) arms.set(experiment, { seen: new Set([variant]), converted: null });
  } else if (arm.seen.size < MAX_VARIANTS) arm.seen.add(variant);
}

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;
