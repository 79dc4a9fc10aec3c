import type { Decision, JsonValue } from "@attune/core";
import type { SlotName, SlotValue } from "./slots.js";
import { useHint } from "./use-hint.js";
import { shallowEqual, useSlice } from "./use-slice.js";

/**
 * All that was decided for a slot: variant, value, reason, propensity and more. The component renders again when the decision changes and
 * at no other time. Reading a decision counts nothing; see {@link useExposure} for that.
 */
export function useDecision<V = JsonValue, N extends SlotName = SlotName>(
  slot: N,
): Decision<SlotValue<N, V>> {
  useHint("slot", slot);
  return useSlice(
    (attune) => attune.decide<SlotValue<N, V>>(slot),
    (attune) => attune.initialDecision<SlotValue<N, V>>(slot),
    shallowEqual,
  );
}
