import { coveredShares } from "../../decisions/assignment.js";
import { armsOf, assignmentsIn, compileRuleset } from "../../decisions/index.js";
import type { DecisionVisitor, Ruleset, SlotPolicy } from "../../decisions/types.js";
import { contextualShares } from "../../decisions/contextual.js";

export type Shares = Readonly<Record<string, number>>;

/**
 * With what probability a policy would give each variant, were it the slot's: 1 for what a rule gives, the shares of what is by chance, whoever is covered, and the fallback where nothing decides.
 *
 * @throws AttuneError `ATTUNE_DECISIONS_INVALID_RULESET` for a policy that cannot be decided by
 */
export function policyShares(
  ruleset: Ruleset,
  slot: string,
  policy: SlotPolicy,
): (visitor: DecisionVisitor) => Shares {
  const definition = ruleset.slots[slot] as Ruleset["slots"][string];
  const { decide } = compileRuleset({
    ...ruleset,
    slots: { ...ruleset.slots, [slot]: { ...definition, policy } },
  });
  const shares = new Map(
    assignmentsIn(policy).map((assignment): [string, (visitor: DecisionVisitor) => Shares] => {
      const names = Object.keys(armsOf(assignment));
      if (assignment.type !== "contextual") {
        const fixed = coveredShares(assignment) as Shares;
        return [assignment.experiment, () => fixed];
      }
      const sharesOf = contextualShares(assignment);
      return [
        assignment.experiment,
        ({ attributes }) => {
          const found = sharesOf(attributes);
          return Object.fromEntries(names.map((name, i) => [name, found[i] as number]));
        },
      ];
    }),
  );
  return (visitor) => {
    const { variant, experiment, isFallback } = decide(slot, visitor);
    const assigned = experiment === undefined || isFallback ? undefined : shares.get(experiment);
    return assigned?.(visitor) ?? { [variant as string]: 1 };
  };
}
