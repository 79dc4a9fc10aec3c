import type { TabOverrides } from "../ports/environment.js";

const KEY = "attune-variants";
/** What is asked for is written by hand; what is longer was not. */
const MAX_ASKED = 50;
const MAX_TEXT = 300;

/** `slot:variant`, the slot up to the first colon; without a variant: the slot is decided again. */
function readOne(text: string): [slot: string, variant: string | null] | null {
  const colon = text.indexOf(":");
  if (colon < 1 || text.length > MAX_TEXT) return null;
  return [text.slice(0, colon), text.slice(colon + 1) || null];
}

const isEntry = (value: unknown): value is [string, string] =>
  Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";

/** What the address of the page asks for: `?attune-variant=slot:variant`, as often as there are slots. */
export const askedFor = (search: string, parameter: string): TabOverrides["asked"] =>
  new URLSearchParams(search)
    .getAll(parameter)
    .slice(0, MAX_ASKED)
    .flatMap((text) => {
      const one = readOne(text);
      return one ? [one] : [];
    });

/** The variants that whoever checks a site asks for in its address, for as long as the tab is open. */
export function tabOverrides(parameter: string): TabOverrides {
  return {
    asked: askedFor(location.search, parameter),
    kept() {
      try {
        const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
        return Array.isArray(kept) ? kept.filter(isEntry) : [];
      } catch {
        // It is not ours, or the browser keeps nothing for this page.
        return [];
      }
    },
    keep(variants) {
      if (variants.length > 0) sessionStorage.setItem(KEY, JSON.stringify(variants));
      else if (sessionStorage.getItem(KEY) !== null) sessionStorage.removeItem(KEY);
    },
  };
}
