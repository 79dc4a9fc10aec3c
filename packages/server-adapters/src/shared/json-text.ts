import { AttuneError } from "@attune/core";

/**
 * A value as JSON text.
 *
 * @throws AttuneError `ATTUNE_STORE_VALUE` where JSON has no form for it: a BigInt, a circle, nesting beyond the stack.
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_STORE_VALUE",
      "A value has no JSON form: it is circular, nested too deeply, or holds a BigInt. Store plain objects, arrays, strings, numbers, booleans and null.",
      { cause },
    );
  }
}
