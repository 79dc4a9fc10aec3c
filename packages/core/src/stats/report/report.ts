import type { FactorialEffect } from "../factorial.js";
import type { Method, MethodReason } from "../models/model.js";
import type { BetaShape } from "../posterior/beta-curve.js";
import type { Decision, Direction, GuardrailState } from "../stopping/types.js";
import type { MetricRole, Stage } from "./input.js";

/** `fault`: the input cannot be judged, and nothing wins. `warning`: read with care. `info`: good to know. */
export type Severity = "fault" | "warning" | "info";

export type NoteCode =
  /** Faults. */
  | "no-variants"
  | "no-control"
  | "no-treatment"
  | "no-primary"
  | "names-repeat"
  | "weights-sum"
  | "weights-bad"
  | "counts-bad"
  | "stages-grow"
  | "unknown-variant"
  | "zero-weight-with-units"
  | "empty-arm"
  | "metric-empty"
  | "sums-missing"
  | "sums-bad"
  /** Warnings and the like. */
  | "few-units"
  | "removed-variant"
  | "units-from-metric"
  | "units-differ"
  | "stages-untold"
  | "sample-ratio-suspicious"
  | "run-length-unknown"
  | "metric-unusable"
  | "dispersion-unknown"
  | "group-unusable"
  | "factorial-unusable"
  | "factorial-main-effects"
  | "crossed-visitors"
  | "holdout-unusable"
  | "winsorised";

/** Something to know about the report, as a code and what it is about. */
export interface Note {
  readonly code: NoteCode;
  readonly severity: Severity;
  readonly variant?: string;
  readonly metric?: string;
  readonly stage?: Stage;
  readonly dimension?: string;
  readonly group?: string;
  /** Figures that words are made with. */
  readonly facts?: Readonly<Record<string, number>>;
  /** What was refused, and the cure. */
  readonly message?: string;
}

/** Between `lower` and `upper` lies `level` of the belief, as much below as above. */
export interface Estimate {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

export interface VariantReport {
  readonly name: string;
  /** Share of those who take part, of 1. */
  readonly weight: number;
  readonly isControl: boolean;
  readonly isRemoved: boolean;
  /** Whether it takes part in what is computed. */
  readonly isAnalysed: boolean;
  readonly units: Readonly<Partial<Record<Stage, number>>>;
}

/** A belief as it is drawn: how dense it is at equally distant values, of all between which 99.9 % of it lie. */
export interface DensityReport {
  readonly from: number;
  readonly to: number;
  /** Per unit of the metric; the first at `from`, the last at `to`. */
  readonly heights: readonly number[];
}

export interface ArmReport {
  readonly variant: string;
  /** As it was seen. */
  readonly units: number;
  readonly value: number;
  /** What is believed of it; with CUPED, as if all arms had had the same past. */
  readonly estimate: Estimate;
  /** Of all variants. */
  readonly probabilityToBeBest: number;
  /** What is given up on average by choosing it instead of whichever is the best, in the units of the metric. */
  readonly expectedLoss: number;
  /** Of primary metrics. */
  readonly density?: DensityReport;
}

/** `better`, `worse`: credibly so at any number of looks, with the corrections. */
export type Finding = "better" | "worse" | "unclear";

/** One treatment against the control. */
export interface ComparisonReport {
  readonly variant: string;
  /** P(the treatment is better), which is lower where the metric is to decrease. */
  readonly probabilityToBeat: number;
  /** What is given up on average by choosing each of the two, in the units of the metric. */
  readonly expectedLoss: { readonly control: number; readonly treatment: number };
  /** Treatment − control, as seen and as believed. */
  readonly difference: Estimate & { readonly value: number };
  /** Treatment / control − 1; null where the control may be 0. */
  readonly uplift: (Estimate & { readonly value: number }) | null;
  /** Holds at all looks at once; null where nothing varies. */
  readonly alwaysValid: AlwaysValidReport | null;
  readonly finding: Finding;
  readonly guardrail: GuardrailState | null;
}

export interface AlwaysValidReport {
  /** Of this comparison by itself. */
  readonly p: number;
  /** With all comparisons of the same role taken into account. */
  readonly adjustedP: number;
  /** Error allowed to the interval. */
  readonly alpha: number;
  readonly lower: number;
  readonly upper: number;
  readonly relative: { readonly lower: number; readonly upper: number } | null;
}

export interface MetricReport {
  readonly name: string;
  readonly role: MetricRole;
  readonly direction: Direction;
  /** Null where nothing could be computed; the notes say why. */
  readonly method: Method | null;
  readonly reason: MethodReason | null;
  /** Of a rate, what was believed before anybody was counted; absent where that was not given. */
  readonly prior?: BetaShape;
  /** By what share CUPED made the variance smaller. */
  readonly varianceReduction: number | null;
  readonly winsorised: { readonly at: number; readonly units: number } | null;
  readonly variants: readonly ArmReport[];
  readonly comparisons: readonly ComparisonReport[];
}

export type Loss = "assignment" | "render" | "delivery";

/** What usually is behind a loss there; the likeliest first. */
export type LossCause =
  | "weights-changed"
  | "assigned-in-several-places"
  | "targeting-reads-what-it-changes"
  | "filtered-afterwards"
  | "variant-fails"
  | "variant-is-slow"
  | "redirect"
  | "leaves-before-it-shows"
  | "events-lost-on-leaving"
  | "events-blocked"
  | "bots-filtered";

export type RatioState = "ok" | "suspicious" | "mismatch";

export interface RatioTest {
  /** `fixed`: one look. `sequential`: valid however often it is looked at. */
  readonly kind: "fixed" | "sequential";
  readonly p: number;
  readonly state: RatioState;
}

export interface StageReport {
  readonly stage: Stage;
  /** By the variants that are analysed. */
  readonly units: Readonly<Record<string, number>>;
  /** Of the variants' shares. */
  readonly ratio: RatioTest;
  /** Of those who were at the stage before, the share that did not come to this one; null for the first. */
  readonly lost: { readonly shares: Readonly<Record<string, number>>; readonly test: RatioTest } | null;
}

export interface SampleRatioReport {
  readonly state: RatioState | "untested";
  /** Between which stages visitors were lost unevenly. */
  readonly lostAt: Loss | null;
  readonly p: number | null;
  readonly causes: readonly LossCause[];
  /** Below this p a test is an alarm: 0.001 over the number of tests. */
  readonly alarm: number;
  readonly stages: readonly StageReport[];
}

export interface GroupReport {
  readonly name: string;
  readonly control: { readonly units: number; readonly value: number };
  readonly treatment: { readonly units: number; readonly value: number };
  /** Treatment − control, by itself. */
  readonly difference: { readonly value: number; readonly se: number };
  /** The same drawn towards that of all groups, the more the less is known of it. */
  readonly shrunk: Estimate;
}

export interface DimensionReport {
  readonly dimension: string;
  readonly metric: string;
  readonly variant: string;
  readonly groups: readonly GroupReport[];
  /** Whether groups differ by more than chance: Cochran's Q, one look. */
  readonly heterogeneity: { readonly q: number; readonly df: number; readonly p: number };
}

export interface FactorialReport {
  readonly metric: string;
  readonly effects: readonly (Omit<FactorialEffect, "factors"> & {
    /** Names of the factors that take part. */
    readonly factors: readonly string[];
    /** Of a factor in a design where some have more than two levels: this one less the first. Absent of designs of two levels, where it is the second less the first. */
    readonly level?: { readonly name: string; readonly against: string };
    /** What this design cannot tell from it. */
    readonly aliases: readonly (readonly string[])[];
    /** Valid at any number of looks, with all effects of the metric taken into account. */
    readonly adjustedP: number;
  })[];
}

/** All who take part against the holdout, by metric. */
export interface HoldoutReport {
  readonly metric: string;
  readonly units: { readonly holdout: number; readonly experiment: number };
  readonly comparison: ComparisonReport;
}

/** How errors are shared among comparisons. */
export interface Corrections {
  /** Bonferroni over treatments and primary metrics. */
  readonly primary: { readonly method: "bonferroni"; readonly comparisons: number };
  readonly guardrail: { readonly method: "bonferroni"; readonly comparisons: number };
  /** Benjamini and Hochberg over 1/p as e-values: the share of false findings, under any dependence and at any look (Wang and Ramdas 2022). */
  readonly secondary: { readonly method: "e-benjamini-hochberg"; readonly comparisons: number };
}

/** All that can be said of an experiment. It is JSON: no NaN, no infinity, nothing undefined. */
export interface ExperimentReport {
  /** Of this shape. */
  readonly version: 1;
  readonly level: number;
  readonly control: string | null;
  readonly days: number | null;
  readonly variants: readonly VariantReport[];
  readonly decision: Decision;
  readonly sampleRatio: SampleRatioReport;
  readonly metrics: readonly MetricReport[];
  readonly corrections: Corrections;
  readonly dimensions: readonly DimensionReport[];
  readonly factorial: readonly FactorialReport[];
  readonly holdout: readonly HoldoutReport[];
  readonly notes: readonly Note[];
}
