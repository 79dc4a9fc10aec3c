import type { MetricDefinition, Summed } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";
import { reader } from "../../targeting/path.js";
import type { Condition, Predicate } from "../../targeting/types.js";

/** Values are counted in ten-thousandths, as revenue is. */
export const VALUE_UNIT = 10_000;
/** A visitor's value is within this, so that squares can be summed up exactly. */
const MAX_VALUE = 1e7;
/** The same in what is counted. */
export const MAX_UNITS = MAX_VALUE * VALUE_UNIT;

/** One sum that a metric is made of. */
export interface Part {
  metric: string;
  index: number;
  /** How many parts the metric has. */
  of: number;
  matches: Predicate;
  /** What the event adds, in the part's units. */
  amount(event: Event): number;
  /** The most the part can come to. */
  cap: number;
  withinMs: number;
}

function amountOf(measured: { event: string; value?: unknown }): Part["amount"] {
  const { value } = measured as Partial<Summed>;
  if (value === undefined) return (event) => event.weight ?? 1;
  const read = reader(value);
  return (event) => {
    const amount = read(event.properties);
    return typeof amount === "number" && Number.isFinite(amount)
      ? Math.round(Math.max(-MAX_VALUE, Math.min(MAX_VALUE, amount)) * VALUE_UNIT) * (event.weight ?? 1)
      : 0;
  };
}

/** The sums that a metric is made of, each with the event it is counted of. */
export function partsOf(
  metric: string,
  definition: MetricDefinition,
  compile: (condition: Condition) => Predicate,
): (Part & { event: string })[] {
  const { withinMs = Number.POSITIVE_INFINITY } = definition;
  const sums = definition.type === "ratio" ? [definition.numerator, definition.denominator] : [definition];
  return sums.map((measured, index) => {
    const isSum = "value" in measured;
    const cap = definition.type === "conversion" ? 1 : ((definition as { cap?: number }).cap ?? MAX_VALUE);
    return {
      event: measured.event,
      metric,
      index,
      of: sums.length,
      withinMs,
      matches: measured.where === undefined ? () => true : compile(measured.where),
      amount: amountOf(measured),
      cap: Math.min(cap, MAX_VALUE) * (isSum ? VALUE_UNIT : 1),
    };
  });
}
