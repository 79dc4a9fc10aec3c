import type { Attune } from "@attune/core";
import { useSlice } from "./use-slice.js";

/** Who the visitor is to this site: anonymous id, user id, traits and preferences. Null before consent, and on the server. */
export function useVisitor(): ReturnType<Attune["visitor"]> {
  return useSlice(
    (attune) => attune.visitor(),
    () => null,
    (a, b) =>
      a === b ||
      (a !== null &&
        b !== null &&
        a.id === b.id &&
        a.userId === b.userId &&
        a.traits === b.traits &&
        a.preferences === b.preferences),
  );
}
