/** An action as a short name: a page, an item, an event. */
export type Action = string;

/** One context that the model looks from: what of the history it reads. */
export type ContextKind =
  /** The last `order` actions; 0 reads nothing and knows how common each action is. */
  | { readonly kind: "order"; readonly order: number }
  /** Actions at these distances from the end, 1 being the last; what lies between does not matter. */
  | { readonly kind: "skip"; readonly distances: readonly number[] }
  /** The whole history so far, its first action included. */
  | { readonly kind: "whole" }
  /** How far in it is (six steps at most), and the last action. */
  | { readonly kind: "position" }
  /** The first and the last action. */
  | { readonly kind: "ends" };

export interface NextActionOptions {
  /** Length of the longest run of last actions that is looked from, 0 to 8 (default 3). */
  readonly order?: number;
  /**
   * How contexts are blended. `learned` (default): by weights that the model learns as it goes, from how well each context foretold what then came, and more contexts than
   * runs of last actions. `witten-bell`: from the shortest run to the longest, each with the weight N ÷ (N + T) of its N sightings of T different actions (Witten and Bell
   * 1991, method C); runs that were never seen are skipped.
   */
  readonly blend?: "learned" | "witten-bell";
  /** After so many sequences what was learned counts half; null (default): never. Where habits change, a value of some days' sequences follows them. */
  readonly halfLife?: number | null;
  /**
   * The most pairs of a context and an action that are kept (default 1,000,000, about 100 bytes each). Beyond it the rarest are forgotten until three quarters are left.
   */
  readonly maxTransitions?: number;
  /** How many actions of a context a prediction looks at, the most frequent first (default 32). */
  readonly width?: number;
}

export interface PredictedAction {
  readonly action: Action;
  /** In (0, 1]; those of one prediction sum to at most 1. */
  readonly probability: number;
}

export interface PredictOptions {
  /** How many at most (default 3). */
  readonly limit?: number;
  /** Actions that are not wanted; the others' probabilities stay as they are. */
  readonly exclude?: readonly Action[];
}

export interface ContextSummary {
  readonly context: ContextKind | { readonly kind: "recent" };
  /** Of how many different contexts of this kind something is known. */
  readonly seen: number;
  /** Mean share of this kind in the blend when it had something to say, in [0, 1]; null until then, and with `witten-bell`. */
  readonly share: number | null;
}

/** What a model knows, in numbers. */
export interface NextActionSummary {
  readonly actions: number;
  readonly sequences: number;
  readonly transitions: number;
  /** How often the rarest were forgotten to stay within `maxTransitions`. */
  readonly pruned: number;
  readonly contexts: readonly ContextSummary[];
}

export interface NextActionModel {
  /** Learns from one whole sequence, oldest action first. O(length × contexts). */
  learn(sequence: readonly Action[]): void;
  /** Learns that `next` came after `history`: one step of a sequence that goes on. */
  observe(history: readonly Action[], next: Action): void;
  /** The most probable next actions, most probable first; ties by name. Empty where nothing has been learned. */
  predict(history: readonly Action[], options?: PredictOptions): PredictedAction[];
  /** Of one action; null where nothing has been learned or the action is unknown. */
  probability(history: readonly Action[], action: Action): number | null;
  /** Every known action with its probability, by name; they sum to 1. O(actions × contexts). */
  distribution(history: readonly Action[]): PredictedAction[];
  describe(): NextActionSummary;
  /** All of it, for `nextActionFrom`. */
  toJSON(): NextActionJson;
}

export interface NextActionJson {
  readonly format: "attune-next-action";
  readonly version: 1;
  readonly options: Required<NextActionOptions>;
  readonly sequences: number;
  readonly pruned: number;
  /** Name and number of each action. */
  readonly actions: readonly (readonly [Action, number])[];
  /** Per context: its kind's place, its key, then numbers of actions and their counts in turn. */
  readonly contexts: readonly (readonly number[])[];
  readonly blend: {
    readonly logits: readonly number[];
    readonly visits: readonly number[];
    readonly shares: readonly number[];
    readonly spoke: readonly number[];
  };
}
