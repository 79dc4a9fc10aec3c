import type { Decision, JsonValue } from "@attune/core";
import type { SlotName, SlotValue } from "./slots.js";
import { useHint } from "./use-hint.js";
import { shallowEqual, useSlice } from "./use-slice.js";

/** A decision, and whether it stands. */
export type SlotDecision<V = JsonValue> = Decision<V> & {
  /**
   * `resolving`: what the decision takes is not there yet (the ruleset, what is on the device), so what it says now is a stopgap, however much
   * it looks like a fallback. `decided`: by a server, or by all that is known; from then on only what the visitor does changes it.
   */
  status: "resolving" | "decided";
};

const withStatus = <V>(decision: Decision<V>, settled: boolean): SlotDecision<V> => ({
  ...decision,
  status: settled ? "decided" : "resolving",
});

/**
 * All that was decided for a slot: variant, value, reason, propensity and more, and whether that stands yet. The component renders again when
 * one of these changes and at no other time. Reading a decision counts nothing; see {@link useExposure} for that.
 */
export function useDecision<V = JsonValue, N extends SlotName = SlotName>(
  slot: N,
): SlotDecision<SlotValue<N, V>> {
  useHint("slot", slot);
  return useSlice(
    (attune) => withStatus(attune.decide<SlotValue<N, V>>(slot), attune.settled(slot)),
    (attune) => withStatus(attune.initialDecision<SlotValue<N, V>>(slot), attune.initiallySettled(slot)),
    shallowEqual,
  );
}
