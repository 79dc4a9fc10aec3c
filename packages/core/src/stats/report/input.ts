import type { MetricPriors } from "../models/model-of.js";
import type { MetricSums } from "../models/sums.js";
import type { Direction, StoppingOptions } from "../stopping/types.js";

/**
 * What a visitor passes on the way to being counted. `assigned`: a variant was chosen. `rendered`: it was on the page. `delivered`: word of that arrived.
 */
export type Stage = "assigned" | "rendered" | "delivered";

/** By the name of the variant. */
export type ByVariant<T> = Readonly<Record<string, T>>;

export interface VariantInput {
  readonly name: string;
  /** Its share of those who take part; all sum to 1. */
  readonly weight: number;
  /** It was taken out while the experiment ran. It is told of and takes no part in what is computed. */
  readonly isRemoved?: boolean;
}

/** What one look, such as a day, added. */
export type LookInput = Readonly<Partial<Record<Stage, ByVariant<number>>>>;

/** `primary`: what is to be improved, and decides. `guardrail`: what must not get worse. `secondary`: what helps to understand. */
export type MetricRole = "primary" | "secondary" | "guardrail";

export interface MetricInput {
  readonly name: string;
  /** Default `secondary`. */
  readonly role?: MetricRole;
  /** Default `increase`. */
  readonly direction?: Direction;
  /** Guardrails: how much worse is still all right, relative to the control. */
  readonly margin?: number;
  readonly sums: ByVariant<MetricSums>;
  readonly priors?: MetricPriors;
  /** Told where values were capped before they were summed up: at what, and of how many units. */
  readonly winsorised?: { readonly at: number; readonly units: number };
}

/** The same sums once more, apart for each group, such as each country. */
export interface DimensionInput {
  readonly name: string;
  readonly groups: readonly {
    readonly name: string;
    /** By the name of the metric. */
    readonly metrics: Readonly<Record<string, ByVariant<MetricSums>>>;
  }[];
}

/** Which variant is which combination of a design. */
export interface FactorialInput {
  readonly factors: readonly string[];
  /** Of each factor: −1 for its first level and 1 for its second; where `levels` is given, which of them, counted from 0. */
  readonly cells: ByVariant<readonly number[]>;
  /** By factor, the names of its levels: for full designs in which some factor has more than two. Main effects alone are worked out then. */
  readonly levels?: readonly (readonly string[])[];
  /** A fraction of a design: of the factors behind the first `factors.length − generators.length`, the indexes of those whose product each is. */
  readonly generators?: readonly (readonly number[])[];
}

/** Visitors who were kept out of it, to be compared with all who take part. */
export interface HoldoutInput {
  /** By the name of the metric. */
  readonly metrics: Readonly<Record<string, MetricSums>>;
}

export interface ExperimentInput {
  readonly variants: readonly VariantInput[];
  /** Its name; default the first variant. */
  readonly control?: string;
  readonly metrics: readonly MetricInput[];
  /** Units that came to each stage. Where none are given, the units of the metrics stand for them. */
  readonly stages?: LookInput;
  /** The same look by look, where it was looked at while it ran: what each added. The sample ratio is then tested in a way that looks do no harm to. */
  readonly looks?: readonly LookInput[];
  /** Of how many units only the last stage was told: they count at the stages before it too, and what was lost of their like before it is not known. */
  readonly untold?: number;
  /** How many units saw more than one variant, and of how many who saw one. */
  readonly crossed?: { readonly units: number; readonly of: number };
  /** Shares were others before, as a bandit's are: the weights say nothing of how many units there should be, and the sample ratio is left untested. */
  readonly sharesVary?: boolean;
  /** How long it has run. */
  readonly days?: number;
  /** Share of belief in the intervals. Default 0.95. */
  readonly level?: number;
  readonly rule?: StoppingOptions;
  readonly dimensions?: readonly DimensionInput[];
  readonly factorial?: FactorialInput;
  readonly holdout?: HoldoutInput;
}
