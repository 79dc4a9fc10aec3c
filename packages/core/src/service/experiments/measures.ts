import { assignmentsIn, variantsOf } from "../../decisions/index.js";
import type { MetricDefinition, OnConflict, Ruleset, Summed } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";
import { pointer } from "../../kernel/result.js";
import { compileCondition } from "../../targeting/index.js";
import { reader } from "../../targeting/path.js";
import type { Condition, Predicate } from "../../targeting/types.js";
import type { Counts } from "../layout/records.js";
import type { Measure, Measures } from "./types.js";
import { product, type Wide } from "./wide-sum.js";

/** Experiments measured of one visitor; the oldest are no longer measured beyond it, and stay in the sums. */
const MAX_MEASURES = 32;
/** Values are counted in ten-thousandths, as revenue is. */
export const VALUE_UNIT = 10_000;
/** A visitor's value is within this, so that squares can be summed up exactly. */
export const MAX_VALUE = 1e7;
const MAX_UNITS = MAX_VALUE * VALUE_UNIT;

export const measureKey = (experiment: string, run: number): string => `${experiment}@${run}`;

/** Counters begin so: `measure/{experiment}@{run}/{variant}/…`. */
export const MEASURE = "measure";

/** One sum that a metric is made of. */
interface Part {
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

interface CompiledExperiment {
  key: string;
  variants: ReadonlySet<string>;
  onConflict: OnConflict;
  types: ReadonlyMap<string, MetricDefinition["type"]>;
}

/** The metrics of a ruleset's experiments, ready to be counted. */
export interface Measuring {
  /** Whether an event of this name is measured, or says who is. */
  reads(name: string): boolean;
  /** What the event makes of a visitor's measures; the same object where that is nothing. */
  see(measures: Measures, event: Event): Measures;
  /** All counters that one measure adds up to, for one visitor; null where its experiment's run is not measured any more. */
  counts(key: string, measure: Measure): Counts | null;
}

const EXPOSED = "Variant Exposed";

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

function partsOf(
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

interface AssignedBy {
  onConflict: OnConflict;
  variants: Set<string>;
}

/** By experiment, what the policies that assign it say. */
function assignedIn({ slots }: Ruleset): Map<string, AssignedBy> {
  const found = new Map<string, AssignedBy>();
  for (const slot of Object.values(slots)) {
    const names = Object.keys(variantsOf(slot));
    for (const { experiment, sticky } of assignmentsIn(slot.policy)) {
      const known = found.get(experiment)?.variants ?? new Set();
      for (const name of names) known.add(name);
      found.set(experiment, { onConflict: sticky?.onConflict ?? "keep-first", variants: known });
    }
  }
  return found;
}

/** Variants that no policy knows count as one: their names come from outside. */
export const OTHER_VARIANT = "(other)";

/** The variant that a visitor counts for; null: for none. */
export function countedVariant({ variant, known, crossed }: Measure, onConflict: OnConflict): string | null {
  if (onConflict === "exclude" && crossed) return null;
  return onConflict === "keep-known" ? (known ?? variant) : variant;
}

const words = (counts: Record<string, number>, name: string, [high, middle, low]: Wide): void => {
  counts[`${name}2`] = high;
  counts[`${name}1`] = middle;
  counts[`${name}0`] = low;
};

/** Counters of one metric of one visitor, by the names that follow the metric's. */
function sumsOf(type: MetricDefinition["type"], [x = 0, y = 0]: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  if (type === "conversion") {
    counts["s"] = x;
    return counts;
  }
  counts["s"] = x;
  words(counts, "q", product(x, x));
  if (type === "ratio") {
    counts["d"] = y;
    words(counts, "e", product(y, y));
    words(counts, "p", product(x, y));
  } else counts["k"] = x === 0 ? 0 : 1;
  return counts;
}

/**
 * Compiles what a ruleset measures. A visitor counts in an experiment from the first exposure on, for one variant, and its values are what its later events come to: all sums follow from these few
 * numbers, so that each change of a visitor changes them by the difference, and an erasure takes the visitor out exactly.
 */
export function compileMeasures(ruleset: Ruleset): Measuring {
  const { metrics = {}, experiments = {}, groups } = ruleset;
  const compile = (condition: Condition): Predicate =>
    compileCondition(condition, groups === undefined ? {} : { groups });
  const assigned = assignedIn(ruleset);
  const byExperiment = new Map<string, CompiledExperiment>();
  const byKey = new Map<string, CompiledExperiment>();
  const byEvent = new Map<string, (Part & { key: string })[]>();
  for (const [experiment, { run = 1, primary, secondary = [], guardrails = [] }] of Object.entries(
    experiments,
  )) {
    const key = measureKey(experiment, run);
    const types = new Map<string, MetricDefinition["type"]>();
    for (const metric of new Set([primary, ...secondary, ...guardrails])) {
      const definition = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
      if (definition === undefined) continue;
      types.set(metric, definition.type);
      for (const { event, ...part } of partsOf(metric, definition, compile))
        byEvent.set(event, [...(byEvent.get(event) ?? []), { ...part, key }]);
    }
    const { onConflict = "keep-first", variants = new Set<string>() } = assigned.get(experiment) ?? {};
    const compiled = { key, onConflict, variants, types };
    byExperiment.set(experiment, compiled);
    byKey.set(key, compiled);
  }

  function exposed(measures: Measures, event: Event): Measures {
    const { experiment, variant: shown } = event.properties;
    const compiled = typeof experiment === "string" ? byExperiment.get(experiment) : undefined;
    if (compiled === undefined || typeof shown !== "string" || shown === "") return measures;
    const { key, variants } = compiled;
    const variant = variants.has(shown) ? shown : OTHER_VARIANT;
    const before = Object.hasOwn(measures, key) ? measures[key] : undefined;
    const known = event.userId === null ? {} : { known: variant };
    if (before === undefined) {
      const kept = Object.entries(measures).slice(1 - MAX_MEASURES);
      return Object.fromEntries([...kept, [key, { at: event.occurredAt, variant, ...known, values: {} }]]);
    }
    const crossed = before.crossed || variant !== before.variant;
    const isNews = (crossed && !before.crossed) || (before.known === undefined && event.userId !== null);
    if (!isNews) return measures;
    return { ...measures, [key]: { ...known, ...before, ...(crossed && { crossed: true as const }) } };
  }

  function measured(measures: Measures, event: Event): Measures {
    let after = measures;
    const { name, properties, context } = event;
    for (const { key, metric, index, of, matches, amount, cap, withinMs } of byEvent.get(name) ?? []) {
      const measure = Object.hasOwn(after, key) ? (after[key] as Measure) : undefined;
      if (measure === undefined) continue;
      const since = event.occurredAt - measure.at;
      if (!(since >= 0 && since <= withinMs) || !matches({ name, properties, context })) continue;
      const values = [...(measure.values[metric] ?? new Array<number>(of).fill(0))];
      const sum = (values[index] as number) + amount(event);
      // What is bounded is the sum, so a refund after a capped order is taken off the cap.
      const bounded = Math.max(-MAX_UNITS, Math.min(cap, sum));
      if (bounded === values[index]) continue;
      values[index] = bounded;
      after = { ...after, [key]: { ...measure, values: { ...measure.values, [metric]: values } } };
    }
    return after;
  }

  return {
    reads: (name) => byEvent.has(name) || (name === EXPOSED && byExperiment.size > 0),
    see: (measures, event) => measured(event.name === EXPOSED ? exposed(measures, event) : measures, event),
    counts(key, measure) {
      const compiled = byKey.get(key);
      return compiled === undefined ? null : countsOf(key, measure, compiled);
    },
  };
}

/** What one visitor adds in one experiment: `…/n` for itself, and its sums by metric. */
function countsOf(key: string, measure: Measure, { onConflict, types }: CompiledExperiment): Counts {
  const counts: Record<string, number> = {};
  const experiment = pointer(MEASURE, key);
  if (measure.crossed) counts[`${experiment}//crossed`] = 1;
  const variant = countedVariant(measure, onConflict);
  if (variant === null) return counts;
  const arm = pointer(experiment, variant);
  counts[`${arm}/n`] = 1;
  for (const [metric, values] of Object.entries(measure.values)) {
    const type = types.get(metric);
    if (type === undefined) continue;
    for (const [stat, value] of Object.entries(sumsOf(type, values)))
      if (value !== 0) counts[`${pointer(arm, metric)}/${stat}`] = value;
  }
  return counts;
}
