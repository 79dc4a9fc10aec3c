import { contentHash } from "../kernel/hash.js";
import { own } from "../targeting/path.js";
import { clampShare, effectiveWeights } from "./bucket.js";
import { decisionOf, emptyDecision, policyContent } from "./decide.js";
import type { DecidingRuleset, Decision, SlotDefinition, SplitPolicy } from "./types.js";

/** What the policy would have said of itself: by chance with this probability, or by a rule. */
function assigned(policy: SlotDefinition["policy"], variant: string) {
  if (policy.type === "rules") return { reason: "rule", propensity: 1 } as const;
  const { weights, coverage = 1, experiment } = policy as SplitPolicy;
  const shares = effectiveWeights(Object.values(weights));
  const share = shares[Object.keys(weights).indexOf(variant)] ?? 0;
  return { reason: "split", propensity: clampShare(coverage) * share, experiment } as const;
}

/**
 * The decision that was made elsewhere, told again by its variant alone: equal to the one by which the slot's policy gives this variant.
 * With null, or a variant that the slot does not have, it is the slot's fallback, with the reason `no-match`.
 */
export function variantDecision(
  { ruleset, version }: DecidingRuleset,
  slot: string,
  variant: string | null,
): Decision {
  const definition = own(ruleset.slots, slot) as SlotDefinition | null;
  if (!definition) return emptyDecision(slot, "unknown-slot", version);
  const face = { slot, definition, rulesetVersion: version };
  const policyVersion = contentHash(policyContent(definition.policy));
  if (variant === null || !Object.hasOwn(definition.variants, variant))
    return decisionOf(face, "no-match", { policyVersion });
  const { reason, ...how } = assigned(definition.policy, variant);
  return decisionOf(face, reason, { variant, ...how, policyVersion });
}
