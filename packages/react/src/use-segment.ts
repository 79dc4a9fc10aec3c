import { type SegmentExpression, segmentMatcher } from "@attune/core";
import { useSlice } from "./use-slice.js";

/** Whether the visitor is in a segment, in any of a list, or in a combination `{ any, all, not }` whose given parts must all hold. */
export function useSegment(expression: SegmentExpression): boolean {
  const matches = segmentMatcher(expression);
  return useSlice(
    (attune) => matches(attune.snapshot().segments),
    (attune) => matches(attune.initialSnapshot().segments),
  );
}
