import type { InitialState } from "@attune/core";

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/**
 * The initial state as JSON that may stand inside a `<script>` element: no text in it can end the element. For servers without Server
 * Components: `<script type="application/json" id="attune">…</script>`, read back with `JSON.parse(element.textContent)`.
 */
export function serializeInitial(initial: InitialState): string {
  return JSON.stringify(initial).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] as string);
}
