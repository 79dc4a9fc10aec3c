import type { Points } from "../data/points.js";
import type { ModelMetadata, TrainedModel } from "../model/types.js";

/** One label a row: 0 or 1, or for several classes 0, 1, …, k − 1. */
export type Labels = Uint8Array | readonly number[];

/** What each class counts: `balanced` gives both the same total weight, n ÷ (classes × rows of the class). */
export type ClassWeights = "balanced" | readonly number[];

/** What every learner of labelled rows takes. */
export interface TrainingOptions {
  /** Goes with the model as it is. */
  readonly metadata: ModelMetadata;
  /** How many numbers a point has; needed for typed arrays only. */
  readonly columns?: number;
  /** What each row counts, 0 or more, not all 0 (default 1). */
  readonly weights?: ArrayLike<number>;
  /** Multiplied onto the rows' weights (default: every class counts as its rows do). Probabilities then no longer are those of the data: calibrate. */
  readonly classWeights?: ClassWeights;
}

/** A model with what is to be said of its training. */
export interface Trained<Report> {
  readonly trained: TrainedModel;
  readonly report: Report;
}

/** A learner with its options settled: what cross-validation and calibration run again and again on parts of the rows. */
export type Train = (rows: TrainingSubset) => TrainedModel;

/** Some of the rows, in the form that learners take. */
export interface TrainingSubset {
  readonly points: Points;
  readonly columns: number;
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
  /** Which rows of the whole they are. */
  readonly indices: Int32Array;
}
