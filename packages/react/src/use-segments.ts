import type { Attune } from "@attune/core";
import { shallowEqual, useSlice } from "./use-slice.js";

/** Names of the segments the visitor is in, sorted; the same array until one is entered or left. */
export function useSegments(): readonly string[] {
  return useSlice(
    (attune) => names(attune.snapshot()),
    (attune) => names(attune.initialSnapshot()),
    shallowEqual,
  );
}

const names = (snapshot: ReturnType<Attune["snapshot"]>): readonly string[] =>
  Object.keys(snapshot.segments).sort();
