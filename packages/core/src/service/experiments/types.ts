import type {
  Assigning,
  BanditPolicy,
  ContextualPolicy,
  ExperimentMeasures,
  FactorialPolicy,
  Gates,
  SlotDefinition,
  SlotPolicy,
  SplitPolicy,
} from "../../decisions/types.js";
import type {
  BanditPolicyOptions,
  ContextualPolicyOptions,
  Estimator,
  PolicyValue,
  VariantStanding,
} from "../../bandits/index.js";
import type {
  Decision,
  DimensionInput,
  ExperimentReport,
  MetricSums,
  Stage,
  StoppingOptions,
} from "../../stats/index.js";

type WithoutKey<P extends Assigning> = Omit<P, "experiment">;

/** An experiment as people define it. Its id is the key under which it is assigned and counted. */
export interface ExperimentDefinition {
  id: string;
  name: string;
  /** What is believed, and why; for those who read the result. */
  hypothesis?: string;
  /** The slot it decides while it runs. */
  slot: string;
  /** Who takes part; where it is left out, whoever the slot's own say. */
  gates?: Gates;
  policy:
    | WithoutKey<SplitPolicy>
    | WithoutKey<FactorialPolicy>
    | WithoutKey<BanditPolicy>
    | WithoutKey<ContextualPolicy>;
  /** What the others are compared with (default: the slot's fallback). */
  control?: string;
  measures: Omit<ExperimentMeasures, "run">;
  /** When it is decided (default: the rule's own figures). */
  rule?: StoppingOptions;
  /** How a bandit or a contextual policy learns; its primary metric is a conversion. */
  learning?: Learning;
}

/** How a policy follows what is counted. Of a bandit: `goal`, `memory` and `dropBelow`; of a contextual policy: `exploration`, `lambda` and `halfLife`. */
export interface Learning
  extends Pick<BanditPolicyOptions, "goal" | "memory" | "floor" | "dropBelow">,
    Pick<ContextualPolicyOptions, "exploration"> {
  /** Between two updates, ms (default an hour). Each is a new policy version. */
  everyMs?: number;
  /** Weights are believed to be about within ±2 / √lambda before anything is seen (default 1). */
  lambda?: number;
  /** Visitors after whom half of what was learned is out of date (default: nothing is forgotten). */
  halfLife?: number;
}

/** Where a variant of a contextual policy stands after an update. */
export interface ContextualStanding {
  variant: string;
  /** Its mean share over the contexts that were learned from. */
  share: number;
  /** Decisions for it that were learned from. */
  decisions: number;
}

export type ExperimentStatus = "draft" | "running" | "stopped" | "shipped";

/** An experiment with what has become of it. */
export interface Experiment {
  definition: ExperimentDefinition;
  status: ExperimentStatus;
  /** Grows with each change. */
  revision: number;
  /** Counts starts; what was counted of each run is kept apart. 0: never started. */
  run: number;
  /** Epoch ms, of the run at hand. */
  startedAt: number | null;
  stoppedAt: number | null;
  shipped: string | null;
  /** What the decision rule says that is to be done about the run at hand; null while there is nothing. */
  proposal: Proposal | null;
  /** What the slot said before it ran, and says again once it is stopped. */
  before: Pick<SlotDefinition, keyof Gates | "policy"> | null;
}

/** A decision that was come to, for a person to act on: nothing is stopped or shipped by itself. */
export interface Proposal extends Pick<Decision, "state" | "code" | "variant" | "metric"> {
  /** When it was come to, epoch ms. */
  at: number;
}

export type ExperimentAction =
  /** Anything of a draft; of one that was started, what does not change who gets what. */
  | { type: "define"; definition: ExperimentDefinition }
  | { type: "start" }
  | { type: "stop" }
  /** Everybody gets the variant from now on. */
  | { type: "ship"; variant: string };

/** One revision of an experiment. */
export interface ExperimentRevision {
  experiment: Experiment;
  /** Epoch ms. */
  at: number;
  actor: string;
}

/** What one visitor has come to in one run of an experiment. */
export interface Measure {
  /** Of the first exposure, device time, epoch ms: what happened before it is not measured. */
  at: number;
  /** The first variant seen. */
  variant: string;
  /** The first variant seen while logged in. */
  known?: string;
  /** More than one variant was seen. */
  crossed?: true;
  /** How far the visitor has come, where that is not yet to see it: nothing is measured then, and `at` is of that. */
  reached?: Exclude<Stage, "delivered">;
  /** It was told how the visitor came there, and not only what was seen. */
  told?: true;
  /** By dimension, the group at the first exposure. */
  groups?: Readonly<Record<string, string>>;
  /** By metric that looks back, what it came to in its days before; in ten-thousandths where values are added up. Absent: 0. */
  past?: Readonly<Record<string, number>>;
  /** By metric, in the order of its parts; in ten-thousandths where values are added up. Absent: 0. */
  values: Readonly<Record<string, readonly number[]>>;
}

/** By experiment and run, {@link measureKey}. */
export type Measures = Readonly<Record<string, Measure>>;

/** What was counted of one variant. */
export interface VariantSums {
  /** Visitors who saw it: of these the metrics are. */
  units: number;
  metrics: Readonly<Record<string, MetricSums>>;
  /** Visitors who came so far; each stage has all who came further, whether or not that was told. */
  stages: Readonly<Record<Stage, number>>;
  /** Of those who saw it, of how many the earlier stages were told. */
  told: number;
}

/** What was counted of one run of an experiment. */
export interface ExperimentSums {
  experiment: string;
  run: number;
  /** By variant. Those whose names no policy knows are together in `(other)`. */
  variants: Readonly<Record<string, VariantSums>>;
  /** Visitors who saw more than one variant; what they count for, the policy's `sticky.onConflict` says. */
  crossed: number;
  /** Visitors whom a holdout kept out, from when they saw what everybody sees; null where there are none. */
  holdout: Pick<VariantSums, "units" | "metrics"> | null;
  /** The dimensions that the ruleset names, each group with at least 20 visitors; smaller ones are in `(other)`. */
  dimensions: readonly DimensionInput[];
}

/** What an experiment has shown so far. */
export interface ExperimentResults {
  sums: ExperimentSums;
  report: ExperimentReport;
  /** When it was made, epoch ms. */
  at: number;
}

/** What a look at a running experiment has come to. */
export interface Review {
  id: string;
  /** The decision is another than at the last look. */
  proposal: Proposal | null;
  /** Of a bandit or a contextual policy whose time it was: where each variant stands, and whether something new was published. Null otherwise. */
  learned: { changed: boolean; variants: readonly (VariantStanding | ContextualStanding)[] } | null;
}

/** What is asked of the decisions that were made. */
export interface EvaluateQuery {
  /** Whose decisions. */
  experiment: string;
  /** What would decide instead: a policy of the experiment's slot, as in a ruleset. */
  candidate: SlotPolicy;
  /** Default: the experiment's primary metric. No ratio. */
  metric?: string;
  /** Default `dr`: with a model of what is expected of each variant, learned from the others' decisions. */
  estimator?: Estimator;
  /** So many visitors at most are read (default 10,000). */
  visitors?: number;
}

/** What the candidate would have come to. */
export interface EvaluatedPolicy {
  experiment: string;
  run: number;
  metric: string;
  value: PolicyValue;
  /** More visitors are kept than were read. */
  isPart: boolean;
}
