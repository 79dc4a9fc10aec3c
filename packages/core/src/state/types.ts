import type { DeviceType } from "../events/types.js";
import type { Purpose } from "../consent/types.js";

/** Of the fold's state. A page that finds a state of another version on its device begins anew. */
export const STATE_VERSION = 1;

/**
 * Everything the fold remembers of a visitor: plain JSON, bounded (≤ 2 KB as UTF-8 whatever the events hold), the same in page and server.
 * `learned` holds only what came from events whose consent covers personalization; the rest is what counting sessions needs.
 */
export interface VisitorState {
  v: typeof STATE_VERSION;
  /** Earliest and latest `occurredAt` so far, epoch ms; 0 before the first event. */
  firstSeenAt: number;
  lastSeenAt: number;
  /** Sessions started so far. */
  sessions: number;
  /** The session that began last; null before the first event. */
  session: SessionState | null;
  learned: LearnedState;
}

/** The visit at hand, as the fold tells sessions apart. Times are epoch ms by the event's clock. */
export interface SessionState {
  /** As given (a hash of it where it is longer than 64 plain characters), else derived (`d-`, the start, a hash of the visitor). */
  id: string;
  derived: boolean;
  startedAt: number;
  lastAt: number;
  /** Hashes of the latest given ids, so that interleaved sessions (two tabs, two devices) are not counted again. */
  recent: readonly number[];
  /** Hash of the campaign that was seen last. */
  campaign: number | null;
  /** Last activity of the session before; null in the first. */
  previousAt: number | null;
  /** Session starts, each fading with a half-life of two weeks; as of `startedAt`. */
  rate: number;
}

/** Shaped by the fold; only `state/` reads it. */
export interface LearnedState {
  visitor: VisitorFacts;
  arrival: ArrivalState;
  /** Hashes of the latest eight pages of the present session. */
  trail: readonly number[];
  figures: Figures;
  categories: TopK;
  brands: TopK;
  recentCategory: string | null;
  /** Of sticky experiments, the oldest first; absent where there are none. */
  assignments?: readonly KeptAssignment[];
}

/** What a visitor was shown of one sticky experiment, as decisions read it. */
export interface Assignment {
  /** The first variant seen. */
  variant: string;
  /** The first variant seen while logged in. */
  known?: string;
  bucketVersion: number;
  /** More than one variant was seen. */
  conflict?: boolean;
}

/** Experiment → what the visitor was shown of it. */
export type Assignments = Readonly<Record<string, Assignment>>;

/**
 * The same with its times (epoch ms), in little room: the variant seen first and when, when the first one was seen while logged in (0: none
 * was), whether more than one was seen, and the one seen while logged in where that is another.
 */
export type KeptAssignment = readonly [
  experiment: string,
  bucketVersion: number,
  variant: string,
  at: number,
  knownAt: number,
  conflict: 0 | 1,
  known?: string,
];

/** As heard last; attributes as they stand. */
export interface VisitorFacts {
  device: DeviceType | null;
  language: string | null;
  country: string | null;
}

/** Where a visit came from, by its first page's referrer. */
export type ReferrerKind = "direct" | "search" | "social" | "other";

/** How the present session came here; attributes as they stand. */
export interface ArrivalState {
  landing: string | null;
  referrer: string | null;
  referrerKind: ReferrerKind;
  campaign: { source: string | null; medium: string | null; name: string | null } | null;
}

/** All numbers of the fold by {@link Figure}, as an array: copying it is what an event costs. */
export type Figures = number[] & Record<Figure, number>;

/** Places in {@link Figures}. Times are epoch ms, money is in the unit of the events. A change here is another `STATE_VERSION`. */
export const enum Figure {
  // Of the present session.
  SessionPages,
  /** Page views that were among the eight before them. */
  Revisits,
  /** Returns to the page before the last: A → B → A. */
  Backtracks,
  SessionActive,
  SessionDepth,
  SessionClicks,
  SessionSearches,
  SessionInteractions,
  SessionViews,
  InCheckout,
  // Over all sessions.
  Pages,
  Clicks,
  /** Seconds of attention. */
  Active,
  /** Sum over pages of the deepest point reached, and that of the page at hand. */
  Depths,
  PageDepth,
  Views,
  MeanPrice,
  /** Product views with a price, and those on sale. */
  Priced,
  OnSale,
  CartAdds,
  CartRemovals,
  CartItems,
  CartValue,
  Checkouts,
  Orders,
  Revenue,
  /** Latest addition to the cart, latest order; 0 for none. */
  AddedAt,
  OrderedAt,
}

/** The first so many figures begin anew with each session. */
export const SESSION_FIGURES = 10;
export const FIGURES = 28;

/** The most frequent labels of a stream, in fixed space (see `countLabel`). */
export interface TopK {
  labels: readonly string[];
  counts: readonly number[];
}

export type FeatureUnit =
  | "count"
  | "share"
  | "seconds"
  | "days"
  | "per-week"
  | "flag"
  | "money"
  | "per-page"
  | "per-session"
  | "seconds-per-page";

export interface FeatureDefinition {
  /** As conditions and models name it. */
  name: string;
  description: string;
  unit: FeatureUnit;
  /** Every value lies in here. */
  range: readonly [min: number, max: number];
  /** What must be granted for the feature to be learned and used. */
  purposes: readonly Purpose[];
  /** Pure; finite for every state that the fold can make. */
  read(state: VisitorState): number;
}
