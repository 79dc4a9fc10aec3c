import type { SegmentDefinition, SegmentExpression } from "@attune/core";
import type { Register } from "./register.js";

/** Names of the registered segments; any string where none are registered. */
export type SegmentName = Register extends {
  segments: infer Segments extends readonly { readonly name: string }[];
}
  ? Segments[number]["name"]
  : string;

/** A registered segment, any of a list, or `{ any, all, not }`. */
export type KnownSegments = SegmentExpression<SegmentName>;

/**
 * Types the segments of a ruleset without changing them: what it returns can be registered (see {@link Register}) and be the ruleset's
 * `segments` as well.
 */
// @__NO_SIDE_EFFECTS__
export function defineSegments<const Segments extends readonly SegmentDefinition[]>(
  segments: Segments,
): Segments {
  return segments;
}
