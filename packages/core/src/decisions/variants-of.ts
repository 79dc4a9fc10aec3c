import { canonicalJson } from "../kernel/json.js";
import type { JsonValue } from "../kernel/json.js";
import { factorialCells } from "./factorial.js";
import type { AssignmentPolicy, SlotDefinition, SlotPolicy, SplitPolicy } from "./types.js";

/**
 * Variant → value of all that a slot can show: those of its definition, and the combinations of a factorial policy.
 *
 * @throws RangeError for a factorial policy of too many combinations
 */
export function variantsOf({ variants, policy }: SlotDefinition): Readonly<Record<string, JsonValue>> {
  if (policy.type !== "factorial") return variants;
  const cells = factorialCells(policy).map(({ name, value }) => [name, value] as const);
  return { ...variants, ...Object.fromEntries(cells) };
}

/** Whether a policy assigns by chance, and so is an experiment. */
export const isAssigning = (policy: SlotPolicy): policy is AssignmentPolicy =>
  policy.type !== "rules" && policy.type !== "recommended";

/** The policies of a slot that assign by chance: its own, or those of its rules, in their order. Each is an experiment. */
export function assignmentsIn(policy: SlotPolicy): AssignmentPolicy[] {
  if (isAssigning(policy)) return [policy];
  if (policy.type === "recommended") return [];
  return policy.rules.flatMap((rule) => (rule.policy ? [rule.policy] : []));
}

/** Variant → weight of what an assignment draws from, in the order of its ranges; null where the weights are made for each visitor (`contextual`). */
export function armsOf(policy: AssignmentPolicy): Readonly<Record<string, number | null>> {
  switch (policy.type) {
    case "split":
      return policy.weights;
    case "bandit":
      return policy.shares;
    case "contextual":
      return Object.fromEntries(Object.keys(policy.arms).map((variant) => [variant, null]));
    default: {
      const cells = factorialCells(policy);
      return Object.fromEntries(cells.map(({ name }) => [name, 1 / cells.length]));
    }
  }
}

/** Names of the variants that a slot's policy can give, each once; what is assigned with weight 0 is not among them. */
export function reachableVariants(policy: SlotPolicy): string[] {
  const assigned = (assignment: AssignmentPolicy): string[] =>
    Object.entries(armsOf(assignment)).flatMap(([variant, weight]) => (weight === 0 ? [] : [variant]));
  if (policy.type === "recommended") return Object.keys(policy.arms);
  if (policy.type !== "rules") return assigned(policy);
  const names = policy.rules.flatMap((rule) =>
    rule.policy ? assigned(rule.policy) : [rule.variant as string],
  );
  return [...new Set(names)];
}

/** What a policy names in an order that means something, and canonical JSON forgets: the order of ranges, of factors and levels. */
function ordersIn(policy: AssignmentPolicy): unknown {
  if (policy.type !== "factorial") return Object.keys(armsOf(policy));
  return Object.entries(policy.factors).map(([factor, levels]) => [factor, Object.keys(levels)]);
}

const isPlain = (policy: SlotPolicy): boolean =>
  policy.type === "split" ||
  (policy.type === "rules" && policy.rules.every(({ policy: inner }) => inner === undefined));

/** A policy's whole content as a text: equal for policies that decide alike, and different where they could not. */
export function policyContent(policy: SlotPolicy): string {
  const orders = isPlain(policy)
    ? Object.keys((policy as Partial<SplitPolicy>).weights ?? {})
    : assignmentsIn(policy).map(ordersIn);
  return canonicalJson([policy, orders]);
}
