export interface RecommendationOptions {
  /** After how long an interaction counts half, ms (default 30 days). */
  readonly halfLife?: number;
  /** Pairs of a session are counted over so many of its last items (default 20): one very long session weighs no more than that. */
  readonly window?: number;
  /** The most neighbours that are kept per item (default 100), and the most items (default 50,000); the weakest are forgotten. */
  readonly neighbours?: number;
  readonly maxItems?: number;
}

/** Why an item is recommended; codes for programs, and the facts. */
export type RecommendationReason =
  /** Seen in sessions that hold an item of this visitor's history. */
  | { readonly code: "seen-with"; readonly item: string; readonly share: number }
  /** Popular lately; told where nothing better is known. */
  | { readonly code: "popular"; readonly share: number };

export interface Recommendation {
  readonly item: string;
  /** Relative to the best one, in [0, 1]; 0 where nothing is known of it. */
  readonly score: number;
  /** Strongest first, three at most. */
  readonly reasons: readonly RecommendationReason[];
}

export interface RecommendOptions {
  /** How many at most (default 5). */
  readonly limit?: number;
  /** The items to choose from, such as a slot's variants; left out: all that are known. Those of them that are unknown come last, without a reason. */
  readonly candidates?: readonly string[];
  /** Items that are not wanted (default: those of the history). */
  readonly exclude?: readonly string[];
}

export interface Recommender {
  /** Learns from the items of one session, oldest first. O(items × window). @param at When it was, epoch ms; sessions may come out of order. */
  learn(items: readonly string[], at: number): void;
  /** Best first, ties by name. Empty where nothing is known and no candidates are given. */
  recommend(history: readonly string[], at: number, options?: RecommendOptions): Recommendation[];
  readonly items: number;
  toJSON(): RecommenderJson;
}

export interface RecommenderJson {
  readonly format: "attune-recommender";
  readonly version: 1;
  readonly options: Required<RecommendationOptions>;
  /** The time that all weights refer to, epoch ms; null before the first session. */
  readonly at: number | null;
  /** Item, its weight, then its neighbours with theirs. */
  readonly items: readonly (readonly [string, number, readonly (readonly [string, number])[]])[];
}
