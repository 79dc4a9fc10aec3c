/** One path that visitors took to conversion or to nothing, and how many took it. */
export interface Journey {
  /** Channels in the order in which they were touched; the same one may come again. */
  readonly path: readonly string[];
  /** How many converted at its end, or what they brought in; 0 or more. */
  readonly conversions: number;
  /** How many did not convert (default 0). */
  readonly nulls?: number;
  /** When each touch was, epoch ms, not falling; used by `time-decay` alone. */
  readonly times?: readonly number[];
}

export type AttributionOptions =
  /** All to the first touch, all to the last, or equally to each touch. */
  | { readonly model: "first" | "last" | "linear" }
  /**
   * A touch counts half as much as one that is `halfLife` nearer to the end: in ms where every journey has `times` (default a week), otherwise in touches (default 1).
   */
  | { readonly model: "time-decay"; readonly halfLife?: number }
  /** `ends` (default 0.4) to the first and to the last touch each, the rest equally to those between them; in [0, 0.5]. */
  | { readonly model: "position"; readonly ends?: number }
  /** What is lost if a channel is taken out of a Markov chain of the journeys. `order`: how many last channels a state holds, 1 to 4 (default 1). */
  | { readonly model: "markov"; readonly order?: number }
  /** The mean of what a channel adds to every coalition of the others. */
  | { readonly model: "shapley" };

export interface ChannelAttribution {
  readonly channel: string;
  /** Conversions that are put down to it; over all channels they sum to all conversions of journeys that have a touch. */
  readonly conversions: number;
  /** Its part of them, in [0, 1]; null where there were none. */
  readonly share: number | null;
  /** With `markov`: by which part conversions fall without it, in [0, 1]; null with other models and without a conversion. */
  readonly removalEffect: number | null;
}

export interface Attribution {
  readonly model: AttributionOptions["model"];
  /** By conversions, most first; ties by name. */
  readonly channels: readonly ChannelAttribution[];
  readonly totalConversions: number;
  /** With `markov`: the chain's probability of converting; null with other models. */
  readonly baseConversionProbability: number | null;
  /** Conversions of journeys without a single touch, which nothing can be given to. */
  readonly untouched: number;
  /** Why there are no shares; null where there are. */
  readonly reason: "no-conversions" | null;
}
