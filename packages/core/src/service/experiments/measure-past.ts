import type { MetricDefinition } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";
import type { Condition, Predicate } from "../../targeting/types.js";
import { MAX_UNITS, type Part, partsOf } from "./measure-parts.js";

const DAY_MS = 86_400_000;
/** So many more days than a metric looks back are kept: an exposure that is heard of within a week finds all that was before it. */
const LATE_DAYS = 7;

/** By metric, what a visitor came to by day (UTC, days since the epoch, ascending), whatever is shown to whom; in the units in which it is counted. Days of nothing are not there. */
export type Past = Readonly<Record<string, readonly (readonly [day: number, value: number])[]>>;

/** How far back a metric looks, and the most that a visitor counts for. */
export interface LooksBack {
  days: number;
  /** In the metric's units. */
  cap: number;
}

/** The metrics of a ruleset that look back, ready to be kept. */
export interface Remembering {
  /** By metric. */
  looksBack: ReadonlyMap<string, LooksBack>;
  reads(name: string): boolean;
  /** What the event adds to each metric that looks back. */
  amounts(event: Event): readonly (readonly [metric: string, amount: number])[];
  /** The past with an event in it; the same object where it adds nothing. */
  remember(past: Past, event: Event): Past;
}

/** Whole days, so that what came on the day of the exposure, before or after it, is never taken for the past. */
const dayOf = (at: number): number => Math.floor(at / DAY_MS);

const within = (sum: number): number => Math.max(-MAX_UNITS, Math.min(MAX_UNITS, sum));

/** Whether a moment lies in the whole days before the day of the exposure. */
export function isBefore(at: number, exposedAt: number, days: number): boolean {
  const [day, first] = [dayOf(at), dayOf(exposedAt)];
  return day < first && day >= first - days;
}

/** What a visitor came to in the days before an exposure, by the metrics that were asked for and have any; undefined where none has. */
export function pastBefore(
  past: Past,
  exposedAt: number,
  looksBack: ReadonlyMap<string, LooksBack>,
): Readonly<Record<string, number>> | undefined {
  const found = Array.from(looksBack, ([metric, { days }]) => {
    const kept = Object.hasOwn(past, metric) ? (past[metric] ?? []) : [];
    const own = kept.filter(([day]) => isBefore(day * DAY_MS, exposedAt, days));
    return [metric, within(own.reduce((sum, [, value]) => sum + value, 0))] as const;
  }).filter(([, sum]) => sum !== 0);
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** Adds up what was before, within what a visitor may count for. */
export const addPast = (sum: number, amount: number): number => within(sum + amount);

/** The latest days win whatever the order in which events come, so what is kept does not depend on it. */
function withAmount(
  kept: Past[string],
  [day, amount, most]: readonly [number, number, number],
): Past[string] {
  const other = kept.filter(([one]) => one !== day);
  const before = kept.find(([one]) => one === day)?.[1] ?? 0;
  const all = [...other, [day, within(before + amount)] as const].sort(([a], [b]) => a - b);
  return all.slice(-most);
}

/** Compiles which metrics look back; no ratio and no conversion does. */
export function compilePast(
  metrics: Readonly<Record<string, MetricDefinition>>,
  compile: (condition: Condition) => Predicate,
): Remembering {
  const looksBack = new Map<string, LooksBack>();
  const byEvent = new Map<string, Part[]>();
  for (const [metric, definition] of Object.entries(metrics)) {
    const days = daysBefore(definition);
    if (days === null) continue;
    for (const { event, ...part } of partsOf(metric, definition, compile)) {
      looksBack.set(metric, { days, cap: part.cap });
      byEvent.set(event, [...(byEvent.get(event) ?? []), part]);
    }
  }
  const amounts: Remembering["amounts"] = (event) => {
    const { name, properties, context } = event;
    return (byEvent.get(name) ?? [])
      .filter(({ matches }) => matches({ name, properties, context }))
      .map(({ metric, amount }) => [metric, amount(event)] as const)
      .filter(([, amount]) => amount !== 0);
  };
  return {
    looksBack,
    amounts,
    reads: (name) => byEvent.has(name),
    remember(past, event) {
      // What no metric looks back at any more is not kept on.
      const isNeeded = Object.keys(past).every((metric) => looksBack.has(metric));
      const needed = isNeeded
        ? past
        : Object.fromEntries(Object.entries(past).filter(([metric]) => looksBack.has(metric)));
      return amounts(event).reduce((after, [metric, amount]) => {
        const kept = Object.hasOwn(after, metric) ? (after[metric] ?? []) : [];
        const most = (looksBack.get(metric)?.days ?? 0) + LATE_DAYS;
        return { ...after, [metric]: withAmount(kept, [dayOf(event.occurredAt), amount, most]) };
      }, needed);
    },
  };
}

/** How many days a metric looks back; null where it does not. */
export const daysBefore = (definition: MetricDefinition): number | null =>
  (definition.type === "count" || definition.type === "sum" ? definition.before?.days : undefined) ?? null;
