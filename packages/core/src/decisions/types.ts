import type { Grants, Purpose } from "../consent/types.js";
import type { JsonValue } from "../kernel/json.js";
import type { Memberships, SegmentDefinition, SegmentExpression } from "../segments/types.js";
import type { Assignment, Assignments } from "../state/types.js";
import type { Attributes, Condition, Groups } from "../targeting/types.js";
import type { ExperimentMeasures, MetricDefinition } from "./metric-types.js";
import type { ModelReference } from "./model-types.js";

export type { Assignment, Assignments, SegmentExpression };
export type * from "./metric-types.js";
export type * from "./model-types.js";

/** All that is decided, as one JSON document. */
export interface Ruleset {
  /** Where editors find the JSON Schema; it means nothing to the library. */
  $schema?: string;
  schemaVersion: 1;
  /** Grows with each published change. */
  revision: number;
  groups?: Groups;
  segments?: readonly SegmentDefinition[];
  /** Visitors kept out of all experiments that name the holdout, so that what the experiments add up to can be measured. */
  holdouts?: Readonly<Record<string, Holdout>>;
  /** Hashes that experiments share out among each other: those with disjoint ranges of one never have a visitor in common. */
  exclusionGroups?: Readonly<Record<string, ExclusionGroup>>;
  /** By name: what experiments are judged by. */
  metrics?: Readonly<Record<string, MetricDefinition>>;
  /** By key: which metrics are counted of which experiment. */
  experiments?: Readonly<Record<string, ExperimentMeasures>>;
  /** By name: what visitors are scored by, for conditions on `scores.{name}`. */
  models?: Readonly<Record<string, ModelReference>>;
  slots: Readonly<Record<string, SlotDefinition>>;
}

/** What is hashed, and how. The seed's default is the name of what draws. */
export interface Draw {
  seed?: string;
  /** Default 2. Version 1 only for experiments that move over from GrowthBook. */
  hashVersion?: 1 | 2;
  /** Path of the attribute that is hashed (default: the visitor's id, which is also meant by `visitorId` where there is no attribute of that name). */
  hashAttribute?: string;
  /** Hashed where the first attribute is empty: `hashAttribute: "userId", fallbackAttribute: "visitorId"` serves logged-out visitors too. */
  fallbackAttribute?: string;
}

export interface Holdout extends Draw {
  description?: string;
  /**
   * Share of visitors held out, [0, 1]. Raising it holds out more and lets nobody in. It is asked of everybody, also of whom an earlier assignment would keep; who has nothing
   * to hash cannot be measured and is not held out.
   */
  share: number;
}

export interface ExclusionGroup extends Draw {
  description?: string;
}

/** A part of an exclusion group: who falls into one of the ranges takes part. */
export interface Exclusion {
  group: string;
  /** Half-open parts of [0, 1). */
  ranges: readonly (readonly [start: number, end: number])[];
}

/** What another slot has to show the same visitor. Its purposes must be granted too. Circles are refused. */
export interface Prerequisite {
  slot: string;
  /** One of these variants … */
  variants?: readonly string[];
  /** … or a condition on `{ value }`, the value it shows. Exactly one of both. */
  condition?: Condition;
}

/** Who may take part at all, in the order in which it is asked. */
export interface Gates {
  targeting?: Condition;
  holdouts?: readonly string[];
  /** All of them must hold. */
  exclusion?: readonly Exclusion[];
  /** All of them must hold. */
  prerequisites?: readonly Prerequisite[];
}

/** A ruleset as a JSON import or a plain object literal is typed: its shape is checked when it is compiled. */
export interface RulesetDocument {
  readonly schemaVersion: number;
  readonly revision: number;
  readonly slots: Readonly<Record<string, object>>;
  readonly segments?: readonly object[];
  readonly groups?: object;
}

/** One place of a page that is decided: what it can show, and how one of these is chosen. `fallback` must be one of `variants`. */
export interface SlotDefinition extends Gates {
  description?: string;
  /** All of them must be granted (default `["personalization"]`). */
  purposes?: readonly Purpose[];
  /** Variant name → the value the page gets. */
  variants: Readonly<Record<string, JsonValue>>;
  /** The variant whose value is shown whenever no policy decides. */
  fallback: string;
  policy: SlotPolicy;
}

/**
 * How a slot chooses: by who the visitor is (`rules`), by chance that stays the same for a visitor (`split`, `factorial`), or by chance whose shares follow what was learned
 * (`bandit`), also of the visitor's context (`contextual`), or by what goes with what the visitor has looked at (`recommended`).
 */
export type SlotPolicy = RulesPolicy | AssignmentPolicy | RecommendedPolicy;
export type AssignmentPolicy = SplitPolicy | FactorialPolicy | BanditPolicy | ContextualPolicy;

/** The first rule that holds gives its variant, with propensity 1, or assigns one; where none does, the slot shows its fallback (`no-match`). */
export interface RulesPolicy {
  type: "rules";
  rules: readonly Rule[];
}

/** Holds where all that is given holds; where nothing is given, always. */
export interface Rule extends Omit<Gates, "targeting"> {
  /** Named in explanations; default `rule-<n>`. */
  id?: string;
  when?: Condition;
  segment?: SegmentExpression;
  /** Exactly one of both. A policy that assigns nothing (outside its coverage, nothing to hash) leaves the visitor to the next rule. */
  variant?: string;
  policy?: SplitPolicy | BanditPolicy;
}

/** What all assignments by chance have in common. */
export interface Assigning extends Draw {
  /** The experiment's key: names it in exposures and, unless `seed` is given, seeds the hash. */
  experiment: string;
  /** Share of visitors who take part, [0, 1] (default 1). */
  coverage?: number;
  /** Keeps what a visitor has once been shown, whatever becomes of weights, targeting and log-ins. */
  sticky?: Sticky;
}

export interface Sticky {
  /** Default 0. Raised to begin anew: assignments of lower versions no longer hold, and their visitors are assigned again … */
  bucketVersion?: number;
  /** … unless their version is below this one: then they take no part any more (default 0). */
  minBucketVersion?: number;
  /** What holds for a visitor who was shown more than one variant, as when a log-in joins two devices (default `keep-first`). */
  onConflict?: OnConflict;
}

/**
 * The variant seen first; the one seen first while logged in (else the first); or none: out of the experiment (`conflict`), and of its analysis. The same in page, server and analysis.
 */
export type OnConflict = "keep-first" | "keep-known" | "exclude";

/** Weighted random assignment by hash: the same visitor always falls into the same bucket. */
export interface SplitPolicy extends Assigning {
  type: "split";
  /** Variant → weight; they sum to 1. Zero is allowed. Their order is the order of the ranges of the hash. */
  weights: Readonly<Record<string, number>>;
  /** Variant → its part of the hash, instead of what weights and coverage would give; for experiments that move over. */
  ranges?: Readonly<Record<string, readonly [start: number, end: number]>>;
}

/**
 * A multivariate test: every visitor gets one level of each factor. The slot's value is `{ [factor]: value of the level }`, its variants are named
 * `factor:level,factor:level`; they need not be among `variants`, where the fallback stands.
 */
export interface FactorialPolicy extends Assigning {
  type: "factorial";
  /** Factor → level → value; two levels at least. Their order is the design's. */
  factors: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;
  /** For a fraction of a design whose factors all have two levels: factor → the factors whose product it is (`{ d: ["a", "b", "c"] }`). */
  generators?: Readonly<Record<string, readonly string[]>>;
}

/** Shares that follow what was learned: each update is a new policy version with its own exact propensities. */
export interface BanditPolicy extends Assigning {
  type: "bandit";
  /** Variant → share, as last updated; they sum to 1. */
  shares: Readonly<Record<string, number>>;
}

/** The share of each variant is its probability of having the highest score for this visitor, with a floor. */
export interface ContextualPolicy extends Assigning {
  type: "contextual";
  /** The context: 1, then each attribute as (value − centre) / scale; what is missing or no number counts as the centre. */
  context: readonly ContextFeature[];
  /** Variant → what is believed of its score's weights: normal, one weight per entry of the context and one for the constant, first. */
  arms: Readonly<Record<string, ContextualArm>>;
  /** The least share of each variant, [0, 1 / number of variants] (default 0.01). */
  floor?: number;
}

export interface ContextFeature {
  attribute: string;
  /** Default 0. */
  centre?: number;
  /** Above 0 (default 1). */
  scale?: number;
}

export interface ContextualArm {
  mean: readonly number[];
  /** The lower triangle of the covariance, row by row: d (d + 1) / 2 numbers. */
  covariance: readonly number[];
}

/**
 * The variant that goes best with what the visitor has looked at, and the next ones in `ranking`, by what was learned of which items are looked at together. Nothing is drawn; who has looked at nothing that is
 * known gets what is popular.
 */
export interface RecommendedPolicy {
  type: "recommended";
  /**
   * Paths of the attributes that name items, what matters most first: each a text (`recentCategory`), or a list of texts with the latest last, as the host gives it in the context of a decision
   * (`context.viewed`). The first ten count.
   */
  history: readonly string[];
  /** Variant → what was learned of it; at most 100. */
  arms: Readonly<Record<string, RecommendedArm>>;
  /** How many variants `ranking` tells, 1 to 20 (default 5). */
  limit?: number;
  /** Whether variants that stand in the history are shown, too (default false). */
  keepSeen?: boolean;
}

export interface RecommendedArm {
  /** Its share of all that is looked at, [0, 1]. */
  popularity: number;
  /** Item → how well the variant goes with it, [0, 1]; at most 50. */
  with?: Readonly<Record<string, number>>;
}

/** Whom a decision is about. */
export interface DecisionVisitor {
  /** The anonymous visitor id; null where none may be used: then nothing is bucketed. */
  id: string | null;
  attributes: Attributes;
  segments?: Memberships;
  consent: Grants;
  /** Of sticky experiments; read, never written: only what is shown assigns. */
  assignments?: Assignments;
}

/** Why a decision is as it is. All but the first seven mean that the fallback is shown. */
export type DecisionReason =
  | "rule"
  | "split"
  | "factorial"
  | "bandit"
  | "contextual"
  | "recommended"
  /** Forced by the host or a tool; never counted. */
  | "override"
  /** No rule matched. */
  | "no-match"
  | "not-targeted"
  | "holdout"
  /** In no range of an exclusion group. */
  | "excluded"
  | "prerequisite"
  /** Shown more than one variant of an experiment that excludes those, or assigned before its least bucket version. */
  | "conflict"
  | "superseded"
  /** Outside the experiment's coverage. */
  | "not-covered"
  /** Nothing to hash: no id, or the hash attribute is empty. */
  | "no-identity"
  | "consent"
  | "unknown-slot"
  /** No ruleset yet. */
  | "not-ready"
  | "error";

/** What a slot shows a visitor, and all that is needed to count it later: why, how likely it was, and by which versions. */
export interface Decision<V = JsonValue> {
  slot: string;
  /** Null only where not even the slot is known. */
  variant: string | null;
  value: V | null;
  reason: DecisionReason;
  /**
   * Probability with which this visitor's draw gives this variant: 1 for a rule, the effective share for what is by chance, null where nothing was drawn: where
   * nothing was assigned, or an earlier assignment was kept.
   */
  propensity: number | null;
  /** Of a `recommended` policy: the variants that go best with what was looked at, the one shown first. Not there where the decision was told by its variant alone. */
  ranking?: readonly RankedVariant<V>[];
  experiment?: string;
  /** Of a sticky experiment: the version of the assignment. */
  bucketVersion?: number;
  /** An earlier assignment of a sticky experiment holds; nothing was drawn. */
  kept?: true;
  /** Of the slot's policy (a hash of its content); nothing to do with the consent policy's `version`. */
  policyVersion?: string;
  rulesetVersion: string | null;
  purposes: readonly Purpose[];
  /** No policy decided: the value is the slot's fallback (null where not even the slot is known). */
  isFallback: boolean;
}

export interface RankedVariant<V = JsonValue> {
  variant: string;
  value: V;
}

export interface ExplanationStep {
  step:
    | "slot"
    | "consent"
    | "targeting"
    | "holdout"
    | "exclusion"
    | "prerequisite"
    | "sticky"
    | "rule"
    | AssignmentPolicy["type"]
    | "recommended"
    | "result";
  passed: boolean;
  /** Stable key for the message catalogue. */
  code: string;
  /** Facts the text is made of: names, numbers, the condition; attribute values only those the condition reads. */
  detail: Readonly<Record<string, JsonValue>>;
}

/** How a decision came about, step by step up to the one that settled it. For people and tools; it compiles the slot anew, so not for each render. */
export interface Explanation {
  decision: Decision;
  steps: readonly ExplanationStep[];
  /** What would lead to another variant: the purpose to grant, or the conditions not met. */
  wouldChange: readonly { variant: string; code: string; detail: Readonly<Record<string, JsonValue>> }[];
}

export interface CompileOptions {
  /** Told why a decision has the reason `"error"`: what was thrown, and in which slot; each time anew (default: nobody). What it throws itself is dropped. */
  onError?(cause: unknown, slot: string): void;
}

/** A ruleset made ready to decide by. */
export interface DecidingRuleset {
  /** Content hash of the document and its revision: `<revision>-<hash>`. */
  readonly version: string;
  readonly ruleset: Ruleset;
  /** Pure, synchronous, never throws. */
  decide(slot: string, visitor: DecisionVisitor): Decision;
  /** Variant → value of all that a slot can show, also of what its policy makes up (`factorial`); null where there is no such slot. */
  variants(slot: string): Readonly<Record<string, JsonValue>> | null;
}

export interface CompiledRuleset extends DecidingRuleset {
  explain(slot: string, visitor: DecisionVisitor): Explanation;
}
