import { segmentMatcher } from "@attune/core";
import type { KnownSegments } from "./segments.js";
import { useHint } from "./use-hint.js";
import { useSlice } from "./use-slice.js";

/** Whether the visitor is in a segment, in any of a list, or in a combination `{ any, all, not }` whose given parts must all hold. */
export function useSegment(expression: KnownSegments): boolean {
  useHint("segment", JSON.stringify(expression));
  const matches = segmentMatcher(expression);
  return useSlice(
    (attune) => matches(attune.snapshot().segments),
    (attune) => matches(attune.initialSnapshot().segments),
  );
}
