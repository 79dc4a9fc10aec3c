import type { Explanation } from "@attune/core";
import { type SlotDecision, type SlotName, useAttune, useDecision } from "@attune/react";
import { useSyncExternalStore } from "react";

/** A slot's decision with all that led to it. */
export type SlotExplanation = Omit<Explanation, "decision"> & { decision: SlotDecision };

/**
 * How the decision for a slot comes about at this moment. It is worked out anew with everything that the visitor does, since conditions may read
 * any of that: for the one drawer that explains, not for pages. Until the part that records is there, there are no steps.
 */
export function useExplanation(slot: SlotName): SlotExplanation {
  const attune = useAttune();
  const decision = useDecision(slot) as SlotDecision;
  // Tells that something has happened; what it says itself is not needed.
  useSyncExternalStore(attune.subscribe, attune.snapshot, attune.initialSnapshot);
  const { steps, wouldChange } = attune.explain(slot);
  return { decision, steps, wouldChange };
}
