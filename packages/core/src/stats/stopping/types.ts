import type { Contrast } from "../models/model.js";
import type { SequentialEffect } from "./sequential-effect.js";

/** Which way is better. */
export type Direction = "increase" | "decrease";

/** What was seen of one metric in one treatment and in the control. */
export interface MetricEvidence {
  readonly metric: string;
  /** Default `increase`. */
  readonly direction?: Direction;
  /** Guardrails: how much worse is still all right, relative to the control. With it a winner has to be credibly no worse than that; without it, not credibly worse. */
  readonly margin?: number;
  readonly contrast: Contrast;
  /** What is given up on average by choosing the treatment, in the units of the metric. Asked for only where all else speaks for it. */
  expectedLoss(): number;
}

export interface TreatmentEvidence {
  readonly variant: string;
  /** Units of the smaller of the two. */
  readonly units: number;
  /** What is to be improved. Usually one. */
  readonly primary: readonly MetricEvidence[];
  readonly guardrails: readonly MetricEvidence[];
}

/** All that a decision needs to know. */
export interface StoppingEvidence {
  /** How long it has run; null where nobody knows, and then it is not asked for. */
  readonly days: number | null;
  /** Input that cannot be judged: codes. Nothing wins from it. */
  readonly faults: readonly { readonly code: string; readonly variant?: string; readonly metric?: string }[];
  /** Where visitors were lost unevenly; null where they were not. */
  readonly sampleRatio: { readonly stage: string; readonly p: number } | null;
  readonly treatments: readonly TreatmentEvidence[];
}

export interface StoppingOptions {
  /** Probability of any wrong finding about the primary metrics if there is no difference, at all looks and variants together. Default 0.05. */
  readonly alpha?: number;
  /** The same for guardrails. Default 0.05. */
  readonly guardrailAlpha?: number;
  /** The smallest difference, relative to the control, that one cares about. Default 0.01. */
  readonly caring?: number;
  /** Days before there can be a winner, or none: whole weeks, since weekdays differ. Default 7. */
  readonly minimumDays?: number;
  /** Units in each variant before anything is concluded. Default 100. */
  readonly minimumUnits?: number;
  /** Of rates: successes, and also failures, of both variants together; of revenue, buyers. Default 25. */
  readonly minimumEvents?: number;
  /** Units of both variants at which intervals are to be tightest: about as many as are planned, and never chosen by what was seen. Default 5,000. */
  readonly tightestAt?: number;
}

export type DecisionState = "collecting" | "winner" | "no-difference" | "harm" | "stopped-srm" | "invalid";

/** Why. Words are made of it and of what stands beside it. */
export type DecisionCode =
  /** `winner`: credibly better, and what is given up on average by choosing it is less than one cares about. */
  | "better"
  /** `harm`: credibly worse on a guardrail, or on what was to be improved. */
  | "guardrail-worse"
  | "primary-worse"
  /** `no-difference`: credibly not better by as much as one cares about. */
  | "no-better"
  /** `collecting` */
  | "too-few-units"
  | "too-few-events"
  | "too-few-days"
  | "not-clear"
  | "loss-too-high"
  | "guardrail-unclear"
  /** Nothing varies, so it cannot be told how sure anything is. */
  | "no-variance"
  /** `stopped-srm` */
  | "sample-ratio"
  /** `invalid`: also the codes of the faults. */
  | "no-primary"
  | "no-treatment"
  | (string & {});

export type TreatmentState = "undecided" | "better" | "no-better" | "worse";

/** What becomes of one guardrail. `safe`: credibly no worse than its margin. */
export type GuardrailState = "harmed" | "safe" | "unclear";

/** What one metric says of one treatment. */
export interface MetricFinding {
  readonly metric: string;
  readonly effect: SequentialEffect | null;
  /** Error that is allowed to this comparison. */
  readonly alpha: number;
}

export interface TreatmentVerdict {
  readonly variant: string;
  readonly state: TreatmentState;
  readonly code: DecisionCode;
  /** The metric that the code is about. */
  readonly metric: string | null;
  readonly units: number;
  readonly primary: readonly MetricFinding[];
  readonly guardrails: readonly (MetricFinding & { readonly state: GuardrailState })[];
  /** Of the metric that is better: what is given up on average by choosing it, and how much of that is accepted; in the units of the metric. */
  readonly expectedLoss: number | null;
  readonly acceptedLoss: number | null;
}

/** What to do, by the rule. */
export interface Decision {
  readonly state: DecisionState;
  readonly code: DecisionCode;
  /** The variant that it is about: the winner, the one that does harm, the one to wait for. */
  readonly variant: string | null;
  readonly metric: string | null;
  /** Variants that are better as well, where several are. */
  readonly alsoBetter: readonly string[];
  /** For `stopped-srm`. */
  readonly sampleRatio: { readonly stage: string; readonly p: number } | null;
  readonly days: number | null;
  readonly treatments: readonly TreatmentVerdict[];
  /** The rule as it was applied. */
  readonly rule: Required<StoppingOptions>;
}
