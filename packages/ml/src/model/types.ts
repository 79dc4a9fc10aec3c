import type { Purpose } from "@attune/core";

/** A row's weighted sum per output; one output is a log-odds, several go through the softmax. */
export interface LinearModel {
  readonly kind: "linear";
  readonly inputs: number;
  readonly outputs: number;
  /** outputs × inputs, row-major, on the raw inputs: what was standardised for training is folded in. */
  readonly weights: Float64Array;
  /** One per output. */
  readonly intercepts: Float64Array;
}

/**
 * One binary tree as parallel arrays; node 0 is the root. An inner node sends a row to `left` where its value, rounded to float32, is at most `threshold`, a
 * float32 itself, so that ONNX runtimes (which compare in float32) and this code agree. Inputs are finite.
 */
export interface Tree {
  /** Column that a node asks; −1 for a leaf. */
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What a leaf adds to the log-odds; for an inner node the mean below it by training rows, for contributions. */
  readonly value: Float64Array;
  /** Training rows (or their weight) that came through a node, for contributions. */
  readonly cover: Float64Array;
}

/** `base` plus what each tree's leaf adds is a log-odds. */
export interface TreeEnsembleModel {
  readonly kind: "trees";
  readonly inputs: number;
  readonly base: number;
  readonly trees: readonly Tree[];
}

export interface NetworkLayer {
  /** units × inputs of the layer, row-major. */
  readonly weights: Float32Array;
  readonly biases: Float32Array;
  readonly activation: "relu" | "tanh" | "sigmoid" | "identity";
}

/** A multilayer perceptron on the raw inputs; its last layer is linear: one unit is a log-odds, several go through the softmax. */
export interface NetworkModel {
  readonly kind: "network";
  readonly inputs: number;
  readonly layers: readonly NetworkLayer[];
}

/** What turns a log-odds into a probability that can be trusted. Without one it is the logistic function. */
export type Calibration =
  /** 1 ÷ (1 + exp(−(slope · logOdds + intercept))) (Platt 1999). */
  | { readonly method: "platt"; readonly slope: number; readonly intercept: number }
  /** Linear between the points, flat beyond them; over the logistic function of the log-odds (Zadrozny and Elkan 2002). */
  | { readonly method: "isotonic"; readonly x: Float64Array; readonly y: Float64Array };

/** What travels with a model: what it reads, what for, and from what it was learned. */
export interface ModelMetadata {
  /** `kebab-case`; conditions read its score as `scores.{name}`. */
  readonly name: string;
  /** Names of the inputs, in order. */
  readonly features: readonly string[];
  /** `FEATURES_VERSION` at training; null for inputs that are none of that list. */
  readonly featuresVersion: string | null;
  readonly purposes: readonly Purpose[];
  /** What is predicted, in words: `orders within 7 days`. */
  readonly label: string;
  /** Names of the outputs; one for a probability. */
  readonly outputs: readonly string[];
  /** The window of the rows it was trained on, epoch ms, and how many there were; null where they have no time. */
  readonly trainedOn: { readonly from: number; readonly to: number; readonly rows: number } | null;
}

export type PredictiveModel = LinearModel | TreeEnsembleModel | NetworkModel;

/** A model that can be shipped. */
export interface TrainedModel {
  readonly model: PredictiveModel;
  readonly calibration: Calibration | null;
  readonly metadata: ModelMetadata;
}
