import type { Purpose } from "../consent/types.js";

/** What a score may be asked with, and what it may be used for; the same for every version of a model that can stand in for another. */
export interface ScorerDescription {
  /** What conditions read as `scores.{name}`: `kebab-case`. */
  readonly name: string;
  /** Names the very model: the hash of its content. */
  readonly version: string;
  /** Names of features in the order in which a row holds them. */
  readonly inputs: readonly string[];
  /** `FEATURES_VERSION` of the features it was trained on; null: it reads none of that list. Another version is never asked. */
  readonly featuresVersion: string | null;
  /** One name, or several where each gets a score of its own: `scores.{name}.{output}`. */
  readonly outputs: readonly string[];
  /** All of them must be granted before it is fetched or asked. */
  readonly purposes: readonly Purpose[];
}

/** Features in, scores out: a model that is loaded. */
export interface Scorer extends ScorerDescription {
  /**
   * Scores of many rows at once.
   *
   * @param rows n × inputs, row-major.
   * @returns n × outputs, row-major, each in [0, 1]; a promise only where the runtime has no other way.
   */
  score(rows: Float64Array): Float64Array | Promise<Float64Array>;
  /** Frees what it holds; it is not asked again. */
  close?(): void;
}
