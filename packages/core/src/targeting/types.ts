import type { JsonValue } from "../kernel/json.js";

/** A MongoDB-style condition as in GrowthBook's SDK specification: `{ "cartValue": { "$gte": 50 }, "$or": [ … ] }`. */
export type Condition = { readonly [key: string]: JsonValue };

/** What conditions are asked about. Dotted paths reach into it. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Named lists for `$inGroup` and `$notInGroup`. */
export type Groups = Readonly<Record<string, readonly (string | number)[]>>;
