import type { JsonValue } from "../kernel/json.js";

/** A MongoDB-style condition as in GrowthBook's SDK specification: `{ "cartValue": { "$gte": 50 }, "$or": [ … ] }`. */
export type Condition = { readonly [key: string]: JsonValue };

/** What conditions are asked about. Dotted paths reach into it. */
export type Attributes = Readonly<Record<string, unknown>>;

/**
 * What `$inGroup`, `$notInGroup` and `$savedGroup` refer to by name: a list of values, a list that names the attribute it is about,
 * or a condition that several others share.
 */
export type Group =
  | readonly (string | number)[]
  | { readonly type: "list"; readonly attributeKey?: string; readonly values: readonly (string | number)[] }
  | { readonly type: "condition"; readonly condition: Condition };
/** Lists and conditions that rules share by id (`$inGroup`, `$savedGroup`). */
export type Groups = Readonly<Record<string, Group>>;

export interface ConditionOptions {
  groups?: Groups;
}

/** A compiled condition. Never throws; what cannot be evaluated is false. */
export type Predicate = (attributes: Attributes) => boolean;
