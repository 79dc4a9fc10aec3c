import type { Condition } from "../targeting/types.js";

/** Which events are measured, and what of them. */
export interface Measured {
  /** The event's name. */
  event: string;
  /** On `{ name, properties, context }` of the event; default: all of that name. */
  where?: Condition;
}

/** Adds up a property of events; what is no finite number counts as 0. */
export interface Summed extends Measured {
  /** Path of a property, such as `revenue`. */
  value: string;
}

interface Measure {
  description?: string;
  /** What is wanted of it (default `increase`). */
  direction?: "increase" | "decrease";
  /** Only what happens within this time after the visitor's first exposure, ms. Default: all that comes. */
  withinMs?: number;
}

/** Values above it count as it, per visitor: one order in a million must not decide (winsorising at a bound that is known beforehand). */
interface Bounded {
  cap?: number;
}

/**
 * What the visitor came to of the same metric in the whole days (UTC) before the day of the first exposure is taken out of it (CUPED), which makes differences that were there before smaller. Kept by day and
 * visitor from the ruleset on that says so: let it stand for so many days before an experiment starts.
 */
interface LooksBack {
  /** 1 to 28. */
  before?: { days: number };
}

/**
 * What is believed of a rate before anybody is counted: as if `alpha` visitors had done it and `beta` had not (default 1 and 1, each rate as likely as any); each from 0.01 to a billion. It moves probabilities, intervals of belief and expected
 * losses; whether a difference is credible is told by what was counted alone.
 */
export interface RatePrior {
  alpha: number;
  beta: number;
}

/** What an experiment is judged by, per visitor, from the first exposure on. */
export type MetricDefinition =
  /** Whether it happened. */
  | (Measure & Measured & { type: "conversion"; prior?: RatePrior })
  /** How often. */
  | (Measure & Measured & Bounded & LooksBack & { type: "count" })
  /** How much, such as revenue. */
  | (Measure & Summed & Bounded & LooksBack & { type: "sum" })
  /** One sum over another, such as revenue per order: events without `value` are counted. */
  | (Measure & { type: "ratio"; numerator: Measured | Summed; denominator: Measured | Summed });

/** What is measured of an experiment, whose key is that of the policies that assign it. */
export interface ExperimentMeasures {
  /** Raised to begin anew: what was counted of earlier runs is kept apart. Default 1. */
  run?: number;
  primary: string;
  secondary?: readonly string[];
  /** Must not become worse. */
  guardrails?: readonly string[];
  /** By name, at most 4: groups of visitors that results are looked at by as well. */
  dimensions?: Readonly<Record<string, DimensionDefinition>>;
}

/** Groups by what an attribute is when the visitor first sees a variant. Who has none of the values is in the group `(other)`. */
export interface DimensionDefinition {
  /** What conditions read, such as `device`, `country`, `returning` (1 or 0) or `campaign.source`; or `context.…` of the event that tells of it. */
  attribute: string;
  /** 1 to 12, each a group of its own. */
  values: readonly (string | number | boolean)[];
}
