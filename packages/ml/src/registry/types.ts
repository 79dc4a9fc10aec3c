import type { JsonValue, Purpose } from "@attune/core";

/** What a version is asked with, and what it may be used for; a canary has the same as the champion that it may take the place of. */
export interface ModelInterface {
  /** Names of features in the order in which a row holds them. */
  readonly inputs: readonly string[];
  /** `FEATURES_VERSION` of the features it was trained on; null: it reads none of that list. */
  readonly featuresVersion: string | null;
  readonly outputs: readonly string[];
  /** All of them must be granted before it is fetched or asked. */
  readonly purposes: readonly Purpose[];
}

/** Where a version comes from. */
export interface Lineage {
  /** The version that was champion when this one was trained; null: there was none. */
  readonly parent: string | null;
  /** The window of its rows, epoch ms, and how many there were; null: not known, as of a model made elsewhere. */
  readonly trainedOn: { readonly from: number; readonly to: number; readonly rows: number } | null;
  /** Of what trained it, as the host names it: a version of a package, a commit. Null: not known. */
  readonly codeVersion: string | null;
}

/** One version of a model: written once, never changed. */
export interface ModelVersion extends ModelInterface {
  readonly v: 1;
  readonly name: string;
  /** SHA-256 of the file, 64 hex digits. */
  readonly version: string;
  /** The same as Subresource Integrity writes it: `sha256-…`. */
  readonly integrity: string;
  /** Of the file. */
  readonly bytes: number;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly lineage: Lineage;
  /** The conversion of the ruleset's metrics that a canary is judged by; null: by its health alone. */
  readonly metric: string | null;
}

/** A version on trial. */
export interface Canary {
  readonly version: string;
  /** Of visitors, in (0, 1). */
  readonly share: number;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Counts trials of this model: what was counted of each is kept apart. */
  readonly run: number;
}

/** How a trial or a reign ended or began, the newest first. */
export interface ModelEvent {
  readonly type: "promote" | "canary" | "rollback";
  /** The version that it is about: the one promoted, tried, or taken back. */
  readonly version: string;
  /** Epoch ms. */
  readonly at: number;
  /** Why, as a stable code, and in words. Null where a person did it without a word. */
  readonly code: string | null;
  readonly reason: string | null;
  readonly actor: string;
}

/** What is in force of one model. */
export interface ModelRecord {
  readonly v: 1;
  readonly name: string;
  /** Grows with each change. */
  readonly revision: number;
  /** Everybody's, but for those on the canary; null: nothing was promoted yet. */
  readonly champion: string | null;
  readonly canary: Canary | null;
  /** Champions before it, the latest first: what a rollback goes back to. */
  readonly previous: readonly string[];
  /** Versions that were rolled back: none is tried again by itself. */
  readonly refused: readonly string[];
  /** Trials begun so far. */
  readonly runs: number;
  readonly events: readonly ModelEvent[];
}

export type ModelAction =
  /**
   * The version, or the one on trial, becomes everybody's. `run` says which trial has proved it: where that is over meanwhile, as by a person's rollback, nothing is done.
   */
  | {
      readonly type: "promote";
      readonly version?: string;
      readonly run?: number;
      readonly code?: string;
      readonly reason?: string;
    }
  /** The version is tried on a share of visitors. */
  | { readonly type: "canary"; readonly version: string; readonly share: number }
  /**
   * The version on trial is taken back; without one, the champion gives way to the one before it. `run` says which trial is meant: where another
   * has begun meanwhile, nothing is done.
   */
  | {
      readonly type: "rollback";
      readonly run?: number;
      readonly code?: string;
      readonly reason?: string;
    };

/** What a new version is made of. */
export interface NewModelVersion extends ModelInterface {
  /** `kebab-case`. */
  readonly name: string;
  /** The model file. */
  readonly bytes: Uint8Array;
  readonly lineage?: Partial<Lineage>;
  readonly metric?: string | null;
  /** What is known of its quality: plain data. */
  readonly card?: JsonValue;
  /** Rows that it was trained on, or some of them, n × inputs, row-major: what drift is told by. Of each input the values are kept, as float32 and sorted; no row is, and nothing of fewer than 100. */
  readonly reference?: Float64Array | Float32Array;
}
