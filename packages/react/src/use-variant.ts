import type { JsonValue } from "@attune/core";
import type { SlotName, SlotValue } from "./slots.js";
import { useHint } from "./use-hint.js";
import { useSlice } from "./use-slice.js";

/** A fallback of `"Buy"` does not mean that the slot can give nothing else. */
type Widened<V> = V extends string ? string : V extends number ? number : V extends boolean ? boolean : V;

/**
 * The value of the variant that this visitor gets in a slot. Its name, and why it was chosen, are in {@link useDecision}.
 *
 * @param fallback Stands in where the ruleset has nothing to say: it is not there yet, or does not know the slot.
 */
export function useVariant<V = JsonValue, N extends SlotName = SlotName>(slot: N): SlotValue<N, V> | null;
export function useVariant<V, N extends SlotName = SlotName>(
  slot: N,
  fallback: SlotValue<N, V>,
): SlotValue<N, Widened<V>>;
export function useVariant(slot: SlotName, fallback: unknown = null): unknown {
  useHint("slot", slot);
  const value = useSlice(
    (attune) => attune.decide(slot),
    (attune) => attune.initialDecision(slot),
    (a, b) => a.variant === b.variant && Object.is(a.value, b.value),
  );
  return value.variant === null ? fallback : value.value;
}
