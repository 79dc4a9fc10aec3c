import type { JsonValue } from "@attune/core";
import type { Register } from "./register.js";

/** The part of a slot's definition that the types are read from; the `slots` of a ruleset fit. */
export interface TypedSlot {
  readonly variants: Readonly<Record<string, JsonValue>>;
}

/** Null where nothing is registered. */
type Registered = Register extends { slots: infer Slots extends Readonly<Record<string, TypedSlot>> }
  ? Slots
  : null;

type VariantsOf<N> = N extends keyof Registered
  ? Registered[N] extends { variants: infer Variants }
    ? Variants
    : never
  : never;

/** Names of the registered slots; any string where none are registered. */
export type SlotName = Registered extends null ? string : keyof Registered & string;

/** Names of a slot's variants; any string where no slots are registered. */
export type VariantName<N extends SlotName = SlotName> = Registered extends null
  ? string
  : N extends unknown
    ? keyof VariantsOf<N> & string
    : never;

/** The value a slot gives: what is registered for it, else what the caller says it is. */
export type SlotValue<N extends SlotName = SlotName, Unregistered = JsonValue> = Registered extends null
  ? Unregistered
  : N extends unknown
    ? VariantsOf<N>[keyof VariantsOf<N>]
    : never;

/**
 * Types the slots of a ruleset without changing them: what it returns can be registered (see {@link Register}) and be the ruleset's
 * `slots` as well.
 */
// @__NO_SIDE_EFFECTS__
export function defineSlots<const Slots extends Readonly<Record<string, TypedSlot>>>(slots: Slots): Slots {
  return slots;
}
