import type { JsonValue, SlotDefinition } from "@attune/core";
import type { Register } from "./register.js";

/** The part of a slot's definition that the types are read from; the `slots` of a ruleset fit. The combinations of a `factorial` policy are read from its factors. */
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

/** The factors of a slot's factorial policy. */
type FactorsOf<N> = N extends keyof Registered
  ? Registered[N] extends { policy: { factors: infer Factors } }
    ? Factors
    : never
  : never;

/** What a combination of a factorial policy gives: of each factor one level's value. */
type CombinationOf<Factors> = [Factors] extends [never]
  ? never
  : { readonly [Factor in keyof Factors]: Factors[Factor][keyof Factors[Factor]] };

/** Names of the registered slots; any string where none are registered. */
export type SlotName = Registered extends null ? string : keyof Registered & string;

/** Names of a slot's variants; any string where no slots are registered. */
export type VariantName<N extends SlotName = SlotName> = Registered extends null
  ? string
  : N extends unknown
    ? (keyof VariantsOf<N> & string) | ([FactorsOf<N>] extends [never] ? never : `${string}:${string}`)
    : never;

/** The value a slot gives: what is registered for it, else what the caller says it is. */
export type SlotValue<N extends SlotName = SlotName, Unregistered = JsonValue> = Registered extends null
  ? Unregistered
  : N extends unknown
    ? VariantsOf<N>[keyof VariantsOf<N>] | CombinationOf<FactorsOf<N>>
    : never;

/** Keys that must all be variants. */
type Named<Keyed, Variant extends string, Value> = {
  readonly [K in keyof Keyed]: K extends Variant ? Value : never;
};

/** Every variant that a policy names must be one of the slot's; a factorial policy makes up its own. What stands in a rule is left to `validateRuleset`. */
type PolicyOf<P, Variant extends string> = P extends { factors: unknown }
  ? unknown
  : P extends { weights: infer Weights }
    ? { readonly weights: Named<Weights, Variant, number> }
    : P extends { shares: infer Shares }
      ? { readonly shares: Named<Shares, Variant, number> }
      : P extends { arms: infer Arms }
        ? { readonly arms: Named<Arms, Variant, unknown> }
        : { readonly rules: readonly RuleOf<Variant>[] };

type RuleOf<Variant extends string> =
  | { readonly variant: Variant; readonly [condition: string]: unknown }
  | { readonly policy: object; readonly variant?: never; readonly [condition: string]: unknown };

type Checked<Slot> = Slot extends { variants: infer Variants; fallback: infer Name; policy: infer Policy }
  ? {
      // Not the names themselves: a text that is none of them would make the whole slot `never`, and the message say so.
      readonly fallback: Name extends keyof Variants
        ? string
        : { readonly "is no variant of this slot; there are": keyof Variants };
      readonly policy: PolicyOf<Policy, keyof Variants & string>;
    }
  : unknown;

/**
 * Types the slots of a ruleset without changing them: what it returns can be registered (see {@link Register}) and be the ruleset's
 * `slots` as well. A fallback, rule or weight that names no variant of its slot is a type error. Whether conditions and weights are right
 * is what `validateRuleset` says.
 */
// @__NO_SIDE_EFFECTS__
export function defineSlots<const Slots extends Readonly<Record<string, SlotDefinition>>>(
  slots: Slots & { readonly [N in keyof Slots]: Checked<Slots[N]> },
): Slots {
  return slots;
}
