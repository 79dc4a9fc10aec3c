import { assignmentsIn, variantsOf } from "../../decisions/index.js";
import type { MetricDefinition, OnConflict, Ruleset } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";
import { compileCondition } from "../../targeting/index.js";
import type { Attributes, Condition, Predicate } from "../../targeting/types.js";
import type { Counts } from "../layout/records.js";
import { groupedMetrics, groupsBy } from "./dimensions.js";
import { type Counting, countsOf, measureKey } from "./measure-counts.js";
import { MAX_UNITS, type Part, partsOf } from "./measure-parts.js";
import { addPast, compilePast, isBefore, type Past, pastBefore, type Remembering } from "./measure-past.js";
import { BEGINS, TRIAL_SIDES, trialOf } from "./model-trials.js";
import { type Arrival, arrived, HELD_OUT, STAGE_OF } from "./stages.js";
import type { Measure, Measures } from "./types.js";

/** Experiments measured of one visitor; the oldest are no longer measured beyond it, and stay in the sums. */
const MAX_MEASURES = 32;

interface CompiledExperiment extends Counting {
  key: string;
  variants: ReadonlySet<string>;
  /** The groups that somebody is in; null where it is not looked at by groups. */
  groups: ReturnType<typeof groupsBy>;
}

/** The metrics of a ruleset's experiments, ready to be counted. */
export interface Measuring {
  /** Whether an event of this name is measured, or says who is. */
  reads(name: string): boolean;
  /**
   * What the event makes of a visitor's measures; the same object where that is nothing.
   *
   * @param known Asked where somebody sees a variant for the first time.
   */
  see(measures: Measures, event: Event, known: Known): Measures;
  /** What is kept of a visitor for metrics that look back, with an event in it; the same object where it adds nothing. */
  remember: Remembering["remember"];
  /** All counters that one measure adds up to, for one visitor; null where its experiment's run is not measured any more. */
  counts(key: string, measure: Measure): Counts | null;
}

/** What is known of a visitor beside the measures. */
export interface Known {
  /** As the event left the visitor. */
  attributes(): Attributes;
  /** What was kept of it before; absent: nothing. */
  past?: Past;
}

interface AssignedBy {
  onConflict: OnConflict;
  variants: Set<string>;
  /** The slots that assign it and have a holdout. */
  heldIn: Set<string>;
}

/** By experiment, what the policies that assign it say. */
function assignedIn({ slots }: Ruleset): Map<string, AssignedBy> {
  const found = new Map<string, AssignedBy>();
  for (const [name, slot] of Object.entries(slots)) {
    const { holdouts = [] } = slot;
    const names = Object.keys(variantsOf(slot));
    for (const { experiment, sticky } of assignmentsIn(slot.policy)) {
      const { variants = new Set<string>(), heldIn = new Set<string>() } = found.get(experiment) ?? {};
      for (const variant of names) variants.add(variant);
      if (holdouts.length > 0) heldIn.add(name);
      found.set(experiment, { onConflict: sticky?.onConflict ?? "keep-first", variants, heldIn });
    }
  }
  return found;
}

/** Variants that no policy knows count as one: their names come from outside. */
export const OTHER_VARIANT = "(other)";

/** What is the same of every arrival that an event tells of. */
function arrivalOf(
  { groups, looksBack }: CompiledExperiment,
  { occurredAt, userId, context }: Event,
  { attributes, past = {} }: Known,
): Omit<Arrival, "stage" | "variant"> {
  return {
    ...{ at: occurredAt, isKnown: userId !== null },
    groups: () => groups?.({ ...attributes(), context }),
    past: () => pastBefore(past, occurredAt, looksBack),
  };
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
  const remembering = compilePast(metrics, compile);
  const byExperiment = new Map<string, CompiledExperiment>();
  const byKey = new Map<string, CompiledExperiment>();
  const bySlot = new Map<string, CompiledExperiment[]>();
  const byEvent = new Map<string, (Part & { key: string })[]>();
  const trials: { compiled: CompiledExperiment; sideOf: NonNullable<ReturnType<typeof trialOf>> }[] = [];
  for (const [experiment, measures] of Object.entries(experiments)) {
    const { run = 1, primary, secondary = [], guardrails = [] } = measures;
    const key = measureKey(experiment, run);
    const types = new Map<string, MetricDefinition["type"]>();
    for (const metric of new Set([primary, ...secondary, ...guardrails])) {
      const definition = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
      if (definition === undefined) continue;
      types.set(metric, definition.type);
      for (const { event, ...part } of partsOf(metric, definition, compile))
        byEvent.set(event, [...(byEvent.get(event) ?? []), { ...part, key }]);
    }
    const by = assigned.get(experiment);
    const sideOf = trialOf(experiment, ruleset);
    const variants = sideOf === null ? by?.variants : new Set<string>(TRIAL_SIDES);
    const looksBack = new Map([...remembering.looksBack].filter(([metric]) => types.has(metric)));
    const compiled: CompiledExperiment = {
      looksBack,
      ...{ key, types, variants: variants ?? new Set(), onConflict: by?.onConflict ?? "keep-first" },
      groups: groupsBy(measures.dimensions ?? {}),
      grouped: groupedMetrics(measures, metrics),
    };
    byKey.set(key, compiled);
    // Nobody can claim to be on a side.
    if (sideOf === null) byExperiment.set(experiment, compiled);
    else trials.push({ compiled, sideOf });
    for (const slot of by?.heldIn ?? []) bySlot.set(slot, [...(bySlot.get(slot) ?? []), compiled]);
  }

  /** Of which experiments the event tells, and of which variant. */
  function toldOf({
    experiment,
    variant,
    slot,
    holdout,
  }: Event["properties"]): readonly (readonly [CompiledExperiment, string])[] {
    if (holdout === true) return (bySlot.get(slot as string) ?? []).map((one) => [one, HELD_OUT] as const);
    const compiled = typeof experiment === "string" ? byExperiment.get(experiment) : undefined;
    if (compiled === undefined || typeof variant !== "string" || variant === "") return [];
    return [[compiled, compiled.variants.has(variant) ? variant : OTHER_VARIANT]];
  }

  function reached(
    measures: Measures,
    [event, stage, known]: readonly [Event, Arrival["stage"], Known],
  ): Measures {
    let after = measures;
    for (const [compiled, variant] of toldOf(event.properties)) {
      if (variant === HELD_OUT && stage !== "delivered") continue;
      const { key } = compiled;
      const before = Object.hasOwn(after, key) ? after[key] : undefined;
      const next = arrived(before, { stage, variant, ...arrivalOf(compiled, event, known) });
      if (next === before) continue;
      const kept =
        before === undefined ? Object.entries(after).slice(1 - MAX_MEASURES) : Object.entries(after);
      after = Object.fromEntries([...kept, [key, next]]);
    }
    return after;
  }

  /** Takes the visitor into the trials of models that are on. */
  function tried(measures: Measures, [event, known]: readonly [Event, Known]): Measures {
    let after = measures;
    for (const { compiled, sideOf } of trials) {
      const { key } = compiled;
      if (Object.hasOwn(after, key)) continue;
      const variant = sideOf(event);
      if (variant === null) continue;
      const next = arrived(undefined, {
        ...{ stage: "delivered", variant },
        ...arrivalOf(compiled, event, known),
      });
      after = Object.fromEntries([...Object.entries(after).slice(1 - MAX_MEASURES), [key, next]]);
    }
    return after;
  }

  function measured(measures: Measures, event: Event): Measures {
    let after = measures;
    const { name, properties, context } = event;
    for (const { key, metric, index, of, matches, amount, cap, withinMs } of byEvent.get(name) ?? []) {
      const measure = Object.hasOwn(after, key) ? (after[key] as Measure) : undefined;
      if (measure === undefined || measure.reached !== undefined) continue;
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

  /** What was before a first exposure, and came only now. */
  function caughtUp(measures: Measures, event: Event): Measures {
    let after = measures;
    for (const [metric, amount] of remembering.amounts(event))
      for (const [key, measure] of Object.entries(after)) {
        const days = byKey.get(key)?.looksBack.get(metric)?.days;
        if (days === undefined || measure.reached !== undefined) continue;
        if (!isBefore(event.occurredAt, measure.at, days)) continue;
        const sum = addPast(measure.past?.[metric] ?? 0, amount);
        after = { ...after, [key]: { ...measure, past: { ...measure.past, [metric]: sum } } };
      }
    return after;
  }

  return {
    remember: remembering.remember,
    reads: (name) =>
      byEvent.has(name) ||
      remembering.reads(name) ||
      (STAGE_OF.has(name) && byExperiment.size > 0) ||
      (name === BEGINS && trials.length > 0),
    see(measures, event, known) {
      const stage = STAGE_OF.get(event.name);
      const begun = tried(caughtUp(measures, event), [event, known]);
      return measured(stage ? reached(begun, [event, stage, known]) : begun, event);
    },
    counts(key, measure) {
      const compiled = byKey.get(key);
      return compiled === undefined ? null : countsOf(key, measure, compiled);
    },
  };
}
