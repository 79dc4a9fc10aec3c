import type { Grants, Purpose } from "../consent/types.js";
import type { JsonValue } from "../kernel/json.js";
import type { Memberships, SegmentDefinition, SegmentExpression } from "../segments/types.js";
import type { Attributes, Condition, Groups } from "../targeting/types.js";

export type { SegmentExpression };

/** All that is decided, as one JSON document. */
export interface Ruleset {
  /** Where editors find the JSON Schema; it means nothing to the library. */
  $schema?: string;
  schemaVersion: 1;
  /** Grows with each published change. */
  revision: number;
  groups?: Groups;
  segments?: readonly SegmentDefinition[];
  slots: Readonly<Record<string, SlotDefinition>>;
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
export interface SlotDefinition {
  description?: string;
  /** All of them must be granted (default `["personalization"]`). */
  purposes?: readonly Purpose[];
  /** Variant name → the value the page gets. */
  variants: Readonly<Record<string, JsonValue>>;
  /** The variant whose value is shown whenever no policy decides. */
  fallback: string;
  /** Who takes part; everyone else gets the fallback. */
  targeting?: Condition;
  policy: SlotPolicy;
}

/** How a slot chooses: by who the visitor is (`rules`), or by chance that stays the same for a visitor (`split`, an experiment). */
export type SlotPolicy = RulesPolicy | SplitPolicy;

/** The first rule that holds gives its variant, with propensity 1; where none does, the slot shows its fallback (`no-match`). */
export interface RulesPolicy {
  type: "rules";
  rules: readonly Rule[];
}

export interface Rule {
  /** Named in explanations; default `rule-<n>`. */
  id?: string;
  /** Both must hold where both are given; neither: always. */
  when?: Condition;
  segment?: SegmentExpression;
  variant: string;
}

/** Weighted random assignment by hash: the same visitor always falls into the same bucket. */
export interface SplitPolicy {
  type: "split";
  /** The experiment's key: names it in exposures and, unless `seed` is given, seeds the hash. */
  experiment: string;
  /** Variant → weight; they sum to 1. Zero is allowed. Their order is the order of the ranges of the hash. */
  weights: Readonly<Record<string, number>>;
  /** Share of visitors who take part, [0, 1] (default 1). */
  coverage?: number;
  seed?: string;
  /** Default 2. Version 1 only for experiments that move over from GrowthBook. */
  hashVersion?: 1 | 2;
  /** Path of the attribute that is hashed (default: the visitor's id). */
  hashAttribute?: string;
}

/** Whom a decision is about. */
export interface DecisionVisitor {
  /** The anonymous visitor id; null where none may be used: then nothing is bucketed. */
  id: string | null;
  attributes: Attributes;
  segments?: Memberships;
  consent: Grants;
}

/** Why a decision is as it is. All but `rule`, `split` and `override` mean that the fallback is shown. */
export type DecisionReason =
  | "rule"
  | "split"
  /** Forced by the host or a tool; never counted. */
  | "override"
  /** No rule matched. */
  | "no-match"
  | "not-targeted"
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
   * Probability with which this visitor's draw gives this variant: 1 for a rule, the effective weight for a split, null where nothing
   * was assigned.
   */
  propensity: number | null;
  experiment?: string;
  /** Of the slot's policy (a hash of its content); nothing to do with the consent policy's `version`. */
  policyVersion?: string;
  rulesetVersion: string | null;
  purposes: readonly Purpose[];
  /** No policy decided: the value is the slot's fallback (null where not even the slot is known). */
  isFallback: boolean;
}

export interface ExplanationStep {
  step: "slot" | "consent" | "targeting" | "rule" | "split" | "result";
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
}

export interface CompiledRuleset extends DecidingRuleset {
  explain(slot: string, visitor: DecisionVisitor): Explanation;
}
