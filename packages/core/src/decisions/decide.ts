import type { Purpose } from "../consent/types.js";
import { contentHash } from "../kernel/hash.js";
import { canonicalJson } from "../kernel/json.js";
import type { JsonValue } from "../kernel/json.js";
import { segmentMatcher } from "../segments/segment-expression.js";
import { always, type CompileRegex } from "../targeting/operators.js";
import { reader } from "../targeting/path.js";
import type { Condition, Predicate } from "../targeting/types.js";
import { bucketRanges, chooseVariant, clampShare, effectiveWeights } from "./bucket.js";
import { hasher } from "./hash.js";
import type {
  CompileOptions,
  Decision,
  DecisionReason,
  DecisionVisitor,
  Ruleset,
  RulesPolicy,
  SlotDefinition,
  SplitPolicy,
} from "./types.js";

/** Decides one slot. Pure, synchronous, never throws; equal outcomes are the same object. */
export type SlotDecider = (visitor: DecisionVisitor) => Decision;

/** What slots of one ruleset share. */
export interface RulesetContext {
  version: string;
  ruleset: Ruleset;
  compile(condition: Condition): Predicate;
  onError?: CompileOptions["onError"] | undefined;
}

/** What whoever compiles a ruleset knows of slots. */
export interface SlotLanguage {
  /** Null for a slot that takes more than this knows. */
  compileSlot(slot: string, definition: SlotDefinition, context: RulesetContext): SlotDecider | null;
  policyContent(policy: SlotDefinition["policy"]): string;
  variantsOf(definition: SlotDefinition): SlotDefinition["variants"];
  /** Without it, a ruleset with regular expressions takes more than this knows. */
  regex?: CompileRegex;
}

export const DEFAULT_PURPOSES: readonly Purpose[] = ["personalization"];

/** What the decisions of one slot share. */
export interface SlotFace {
  slot: string;
  definition: Pick<SlotDefinition, "variants" | "fallback" | "purposes">;
  rulesetVersion: string | null;
}
export type Extra = Partial<Omit<Decision, "slot" | "value" | "reason">>;

/** The decision for a reason: for a variant (throws where the slot has no such one), or without one for the fallback. */
export function decisionOf(face: SlotFace, reason: DecisionReason, extra: Extra = {}): Decision {
  const { slot, definition, rulesetVersion } = face;
  const { purposes = DEFAULT_PURPOSES, variants, fallback } = definition;
  const variant = extra.variant ?? fallback;
  if (!Object.hasOwn(variants, variant)) throw new RangeError("variant");
  return Object.freeze({
    slot,
    variant,
    value: variants[variant] as JsonValue,
    reason,
    propensity: null,
    rulesetVersion,
    purposes,
    isFallback: !extra.variant,
    ...extra,
  });
}

const UNKNOWN: Pick<SlotDefinition, "variants" | "fallback" | "purposes"> = {
  variants: { "": null },
  fallback: "",
  purposes: [],
};

/** Nothing but a reason: for a slot that is not known, or no ruleset to know it. */
export const emptyDecision = (
  slot: string,
  reason: "unknown-slot" | "not-ready",
  rulesetVersion: string | null = null,
): Decision => decisionOf({ slot, definition: UNKNOWN, rulesetVersion }, reason, { variant: null });

/** The decision for one outcome of the policy. */
export type Outcome = (reason: DecisionReason, extra?: Extra) => Decision;

/** The content of a plain policy. The order of a split's weights is the order of its ranges, hence part of it, and canonical JSON forgets it. */
const policyContent = (policy: SlotDefinition["policy"]): string =>
  canonicalJson([policy, Object.keys((policy as Partial<SplitPolicy>).weights ?? {})]);

function compileRules(
  policy: RulesPolicy,
  compile: RulesetContext["compile"],
  outcome: Outcome,
): SlotDecider {
  const rules = policy.rules.map(({ when, segment, variant }) => ({
    when: when ? compile(when) : always,
    belongs: segment === undefined ? always : segmentMatcher(segment),
    decision: outcome("rule", { variant: variant as string, propensity: 1 }),
  }));
  const none = outcome("no-match");
  return ({ attributes, segments }) => {
    for (const { when, belongs, decision } of rules)
      if (belongs(segments) && when(attributes)) return decision;
    return none;
  };
}

function compileSplit(policy: SplitPolicy, outcome: Outcome): SlotDecider {
  const { experiment, seed = experiment, hashVersion = 2, coverage = 1, hashAttribute } = policy;
  const weights = effectiveWeights(Object.values(policy.weights));
  const ranges = bucketRanges(weights, coverage);
  const assigned = Object.keys(policy.weights).map((variant, i) =>
    outcome("split", { variant, propensity: clampShare(coverage) * (weights[i] as number), experiment }),
  );
  const draw = hasher(seed, hashVersion);
  if (!draw) throw new RangeError("hashVersion");
  const read = hashAttribute === undefined ? undefined : reader(hashAttribute);
  const notCovered = outcome("not-covered");
  const nobody = outcome("no-identity");
  return (visitor) => {
    const identity = read ? read(visitor.attributes) : visitor.id;
    const text = typeof identity === "string" ? identity : identity ? JSON.stringify(identity) : "";
    if (!text) return nobody;
    const index = chooseVariant(draw(text), ranges);
    return index < 0 ? notCovered : (assigned[index] as Decision);
  };
}

/**
 * What every slot begins with, consent, and ends with: whatever is thrown is told, and shows the fallback.
 *
 * @param decide What comes of it where consent is given; `targeted`, before it: who takes part.
 */
export function guarded(
  face: SlotFace,
  onError: CompileOptions["onError"],
  [decide, targeted]: readonly [SlotDecider, (Predicate | undefined)?],
): SlotDecider {
  const { purposes = DEFAULT_PURPOSES } = face.definition;
  const noConsent = decisionOf(face, "consent");
  const notTargeted = decisionOf(face, "not-targeted");
  const failed = decisionOf(face, "error");
  return (visitor) => {
    try {
      for (const purpose of purposes) if (!visitor.consent[purpose]) return noConsent;
      return targeted && !targeted(visitor.attributes) ? notTargeted : decide(visitor);
    } catch (cause) {
      try {
        onError?.(cause, face.slot);
      } catch {
        // Who listens badly has nobody left to tell.
      }
      return failed;
    }
  };
}

/** Names of what takes more than targeting, rules and splits. Where a condition has one of them for an attribute, more is fetched than is needed, and that is all. */
const MORE =
  /"(holdouts|exclusion|prerequisites|sticky|fallbackAttribute|ranges|factors|shares|arms)":|"visitorId"|"rules":.*"experiment":/s;

/**
 * Compiles a slot of targeting, plain rules and splits, by which most slots of most pages decide: consent, then targeting, then its policy. Every decision it can come to is
 * made here, once.
 * @returns Null for a slot that takes more.
 * @throws Error of any kind where the definition cannot be decided by.
 */
function compileSlot(slot: string, definition: SlotDefinition, context: RulesetContext): SlotDecider | null {
  const { variants, targeting, policy, ...rest } = definition;
  if (MORE.test(JSON.stringify([rest, policy]))) return null;
  const { version: rulesetVersion, compile, onError } = context;
  const face: SlotFace = { slot, definition, rulesetVersion };
  const versions = { policyVersion: contentHash(policyContent(policy)) };
  const outcome: Outcome = (reason, extra) => decisionOf(face, reason, { ...extra, ...versions });

  const targeted = targeting && compile(targeting);
  const decide =
    policy.type === "rules"
      ? compileRules(policy, compile, outcome)
      : compileSplit(policy as SplitPolicy, outcome);
  return guarded(face, onError, [decide, targeted]);
}

/** Targeting, rules and splits, and conditions without regular expressions: what a page has from the first moment. */
export const PLAIN_SLOTS: SlotLanguage = {
  compileSlot,
  policyContent,
  variantsOf: ({ variants }) => variants,
};
