import type { Memberships, SegmentExpression } from "./types.js";

/** Whether someone with these memberships is meant. */
export type SegmentMatcher = (memberships: Memberships | undefined) => boolean;

/**
 * Compiles a segment expression: a name, a list (any of it; an empty one means nobody), or a combination whose given parts must all
 * hold.
 */
export function segmentMatcher(expression: SegmentExpression): SegmentMatcher {
  if (typeof expression === "string")
    return (memberships) => !!memberships && Object.hasOwn(memberships, expression);
  // `Array.isArray` does not tell a readonly list from the rest by its type.
  const { any, all, not } = (Array.isArray(expression) ? { any: expression } : expression) as Exclude<
    SegmentExpression,
    string | readonly string[]
  >;
  const anyOf = any?.map(segmentMatcher);
  const allOf = all?.map(segmentMatcher);
  const excluded = not === undefined ? null : segmentMatcher(not);
  return (memberships) =>
    anyOf?.some((matches) => matches(memberships)) !== false &&
    allOf?.every((matches) => matches(memberships)) !== false &&
    !excluded?.(memberships);
}
