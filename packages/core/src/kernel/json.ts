export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** Of what may be in JSON: an object, and no list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const HOSTILE = /(?:^|\.)(?:__proto__|constructor|prototype)(?:\.|$)/;
/** Names that lead to prototypes, alone or as a part of a dotted path; refused wherever an event or a document may choose names. */
export const isHostileKey = (key: string): boolean => HOSTILE.test(key);

/**
 * JSON with sorted object keys, so that equal values have equal texts, and different ones different texts. Keys are in code-unit order
 * behind those that are array indexes, which engines put first, in numeric order.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    // From entries, so that a key `__proto__` is an ordinary one.
    const keys = Object.keys(inner).sort();
    return Object.fromEntries(keys.map((key) => [key, (inner as Record<string, unknown>)[key]]));
  });
}
