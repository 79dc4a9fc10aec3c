import type { Decision, DecisionReason, SlotDefinition } from "../decisions/types.js";
import type { JsonValue } from "../kernel/json.js";

/** Why a flag has its value, in OpenFeature's words (specification, `resolution_reason`). */
export type FlagReason = "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DEFAULT" | "DISABLED";
/** Why it has none. */
export type FlagErrorCode = "FLAG_NOT_FOUND" | "PROVIDER_NOT_READY" | "TARGETING_KEY_MISSING" | "GENERAL";

/** A decision as OpenFeature tells it: the slot is the flag. */
export interface Flag {
  value: JsonValue;
  variant: string | null;
  reason: FlagReason;
  /** `decisionReason` is the decision's own; where there are: `rulesetVersion`, `experiment`, `propensity`, `policyVersion`, `bucketVersion`, `kept`. */
  metadata: Readonly<Record<string, string | number | boolean>>;
  /** Null unless there is no value to go by. */
  error: { code: FlagErrorCode; message: string } | null;
}

const SPLITTING: ReadonlySet<DecisionReason> = new Set(["split", "factorial", "bandit", "contextual"]);

const ERRORS: { readonly [R in DecisionReason]?: NonNullable<Flag["error"]> } = {
  "unknown-slot": { code: "FLAG_NOT_FOUND", message: "The ruleset has no slot of this name." },
  "not-ready": { code: "PROVIDER_NOT_READY", message: "There is no ruleset yet." },
  error: { code: "GENERAL", message: "The slot failed to be decided; the host's report says why." },
};
const NOBODY = {
  code: "TARGETING_KEY_MISSING",
  message: "The slot is decided by the visitor's id; give it as targetingKey.",
} as const;

/** Whether everybody is shown the same, whoever it is. */
function isStatic({ policy, targeting, holdouts, exclusion, prerequisites }: SlotDefinition): boolean {
  if (policy.type !== "rules" || targeting || holdouts || exclusion || prerequisites) return false;
  const [first] = policy.rules;
  return first?.variant !== undefined && Object.keys(first).every((key) => key === "id" || key === "variant");
}

function reasonOf({ reason }: Decision, definition: SlotDefinition | undefined): FlagReason {
  if (SPLITTING.has(reason)) return "SPLIT";
  if (reason === "override") return "STATIC";
  if (reason === "rule") return definition && isStatic(definition) ? "STATIC" : "TARGETING_MATCH";
  if (reason === "recommended") return "TARGETING_MATCH";
  // Nobody may be decided about: for OpenFeature's clients the flag is off.
  return reason === "consent" ? "DISABLED" : "DEFAULT";
}

/**
 * Rules and recommendations are `TARGETING_MATCH` (`STATIC` where the definition shows everybody the same), what is drawn by chance is `SPLIT`, a fallback for want of
 * consent is `DISABLED`, every other fallback `DEFAULT`.
 *
 * @param about The slot's definition, where it is known; `isNobody`: no visitor was named.
 */
export function flagOf(
  decision: Decision,
  { definition, isNobody = false }: { definition?: SlotDefinition | undefined; isNobody?: boolean } = {},
): Flag {
  const { value, variant, reason, rulesetVersion, propensity } = decision;
  const { experiment, policyVersion, bucketVersion, kept } = decision;
  const told = { rulesetVersion, experiment, propensity, policyVersion, bucketVersion, kept };
  return {
    value,
    variant,
    reason: reasonOf(decision, definition),
    metadata: {
      decisionReason: reason,
      ...(Object.fromEntries(
        Object.entries(told).filter(([, one]) => one !== undefined && one !== null),
      ) as Flag["metadata"]),
    },
    error: isNobody && reason === "no-identity" ? NOBODY : (ERRORS[reason] ?? null),
  };
}
