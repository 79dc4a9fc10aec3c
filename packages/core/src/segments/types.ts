import type { Purpose } from "../consent/types.js";
import type { Condition } from "../targeting/types.js";

/**
 * A group of visitors that is entered and left by conditions on their attributes, looked at anew with each event. Rules of slots name
 * it in `segment`.
 */
export interface SegmentDefinition {
  /** `kebab-case`, unique. */
  name: string;
  description?: string;
  /** A visitor enters when this becomes true. */
  enter: Condition;
  /**
   * …and leaves when this becomes true (default: when `enter` is no longer true). With a gap between both, nobody flickers; where
   * both hold at once, the visitor is out.
   */
  exit?: Condition;
  /** Stays at least this long once in, ms (default 0). */
  minStayMs?: number;
  /** Default `["personalization"]`. */
  purposes?: readonly Purpose[];
}

/** Segments the visitor is in, with the time of entry (epoch ms, event time). */
export type Memberships = Readonly<Record<string, number>>;

export interface SegmentChange {
  segment: string;
  change: "entered" | "left";
  at: number;
}

/** A segment, any of a list, or a combination. */
export type SegmentExpression<Name extends string = string> =
  | Name
  | readonly Name[]
  | {
      any?: readonly SegmentExpression<Name>[];
      all?: readonly SegmentExpression<Name>[];
      not?: SegmentExpression<Name>;
    };
