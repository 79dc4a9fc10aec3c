import { pointer } from "../kernel/result.js";
import type { AssignmentPolicy, Gates, Ruleset } from "./types.js";
import { isAssigning } from "./variants-of.js";

/** A policy that assigns, where it stands, and the gates before it: those of its slot and of its rule. */
export interface Placed {
  path: string;
  policy: AssignmentPolicy;
  gates: readonly { path: string; gates: Omit<Gates, "targeting"> }[];
}

/** All policies of a ruleset that assign by chance, those of rules too. */
export function placedIn({ slots }: Ruleset): Placed[] {
  return Object.entries(slots).flatMap(([name, definition]): Placed[] => {
    const path = pointer("/slots", name);
    const { policy } = definition;
    const slot = { path, gates: definition };
    if (isAssigning(policy)) return [{ path: `${path}/policy`, policy, gates: [slot] }];
    if (policy.type === "recommended") return [];
    return policy.rules.flatMap((rule, index) => {
      const at = `${path}/policy/rules/${index}`;
      return rule.policy
        ? [{ path: `${at}/policy`, policy: rule.policy, gates: [slot, { path: at, gates: rule }] }]
        : [];
    });
  });
}
