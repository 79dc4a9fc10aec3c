import { AttuneError } from "@attune/core";
import { compileModel } from "../../model/compile-model.js";
import type { ModelMetadata, TrainedModel } from "../../model/types.js";
import { crossValidate } from "../../training/cross-validate.js";
import { trainBlend } from "../../training/blend/train-blend.js";
import { trainGradientBoosting } from "../../training/boosting/train-gradient-boosting.js";
import { calibrate } from "../../training/calibration/calibrate.js";
import { trainLogistic } from "../../training/logistic/train-logistic.js";
import { indicesOf } from "../../training/folds.js";
import { metrics } from "../../training/metrics/metrics.js";
import type { Metrics } from "../../training/metrics/types.js";
import type { Train } from "../../training/types.js";
import { requireInput } from "../require-input.js";

/** A point on the way at which success is asked about, with what is known by then and no later. */
export interface Landmark {
  /** `enrolment`, `first-semester`; every landmark has another. */
  readonly name: string;
  readonly features: readonly string[];
  /** Those of them whose numbers are mere names (a course, a channel): each value of 15 rows or more becomes an input of 0 or 1, and what is rarer is none of them. */
  readonly categorical?: readonly string[];
  /** One row a person who got there, one number a feature; all finite. */
  readonly points: readonly (readonly number[])[];
  /** 1: succeeded in the end, 0: did not. Whoever is still on the way is left out. */
  readonly labels: readonly number[];
}

export interface TrainSuccessOptions {
  /** `blend` (default): both of the others, as far as each helps. `trees` find what goes together; `logistic` needs fewer rows. */
  readonly learner?: "blend" | "trees" | "logistic";
  /** Folds by which each landmark's model is calibrated and judged (default 5). */
  readonly folds?: number;
  /** Of folds and of what is drawn by chance (default 1). */
  readonly seed?: number;
  /** Goes with the models; their names get the landmark's added. */
  readonly metadata: Pick<ModelMetadata, "name" | "purposes" | "label">;
}

export interface LandmarkInput {
  readonly feature: string;
  readonly equals: number | null;
}

export interface LandmarkModel {
  readonly name: string;
  readonly features: readonly string[];
  /** What the model reads: a feature, or whether it equals a value. */
  readonly inputs: readonly LandmarkInput[];
  readonly trained: TrainedModel;
  /** Out of fold: of rows that the model asked had not seen, calibration included. */
  readonly metrics: Metrics;
}

export interface SuccessModel {
  readonly landmarks: readonly LandmarkModel[];
}

/** Values of fewer rows are not told apart by name. */
const LEAST_ROWS = 15;

function inputsOf({ features, categorical = [], points }: Landmark, at: number): LandmarkInput[] {
  return features.flatMap((feature, column): LandmarkInput[] => {
    const plain = { feature, equals: null };
    if (!categorical.includes(feature)) return [plain];
    const counts = new Map<number, number>();
    for (const row of points) counts.set(row[column] as number, (counts.get(row[column] as number) ?? 0) + 1);
    const values = [...counts].filter(([value, count]) => count >= LEAST_ROWS && Number.isFinite(value));
    const named = values.map(([value]) => ({ feature, equals: value })).sort((a, b) => a.equals - b.equals);
    requireInput(named.length <= 250, `/landmarks/${at}/categorical`, `${feature} has more than 250 values.`);
    // The number itself would put names in an order that means nothing.
    return named.length === 0 ? [plain] : named;
  });
}

const encoded = (inputs: readonly LandmarkInput[], valueOf: (feature: string) => number): number[] =>
  inputs.map(({ feature, equals }) =>
    equals === null ? valueOf(feature) : Number(valueOf(feature) === equals),
  );

function requireLandmark({ features, categorical = [], points, labels }: Landmark, at: number): void {
  const path = `/landmarks/${at}`;
  requireInput(
    features.length > 0 && new Set(features).size === features.length,
    `${path}/features`,
    "Name every feature once.",
  );
  requireInput(
    categorical.every((name) => features.includes(name)),
    `${path}/categorical`,
    "Name features of this landmark.",
  );
  requireInput(
    points.length > 0 && points.length === labels.length,
    `${path}/labels`,
    "Give one label a row.",
  );
  points.forEach((row, i) =>
    requireInput(row.length === features.length, `${path}/points/${i}`, "Give one number a feature."),
  );
}

function learnerOf(options: TrainSuccessOptions, metadata: ModelMetadata): Train {
  const { learner = "blend", seed = 1 } = options;
  const train = { blend: trainBlend, trees: trainGradientBoosting, logistic: trainLogistic };
  requireInput(Object.hasOwn(train, learner), "/options/learner", 'Give "blend", "trees" or "logistic".');
  return ({ points, labels, columns, weights }) =>
    train[learner](points, labels, { metadata, columns, weights, seed }).trained;
}

/** A model of all rows and what the same learner says of rows left out. A blend calibrates itself on rows that it leaves out, others are calibrated here. */
function judged(
  { points, labels, columns }: { points: number[][]; labels: readonly number[]; columns: number },
  train: Train,
  { learner = "blend", folds = 5, seed = 1 }: TrainSuccessOptions,
): { trained: TrainedModel; metrics: Metrics } {
  const isDone = learner === "blend";
  const found = crossValidate(points, labels, {
    ...{ train, folds, seed },
    ...(!isDone && { calibration: "platt" }),
  });
  const own = Uint8Array.from(labels);
  const whole = train({
    ...{ points, columns, labels: own, weights: new Float64Array(labels.length).fill(1) },
    indices: indicesOf(labels.length),
  });
  const measured = metrics(found.scores, labels);
  if (isDone) return { trained: whole, metrics: measured };
  const { logOdds } = crossValidate(points, labels, { train, folds, seed });
  return { trained: calibrate(whole, { logOdds, labels: own }), metrics: measured };
}

/**
 * Learns how probable success is from each landmark of a way on (landmarking: van Houwelingen 2007): one model per landmark, of what is known there, calibrated on rows left out
 * and judged by rows left out of both.
 *
 * @throws AttuneError `ATTUNE_ML_INPUT`, and those of `crossValidate`: bad shapes and labels, a class with fewer rows than folds
 */
export function trainSuccess(landmarks: readonly Landmark[], options: TrainSuccessOptions): SuccessModel {
  requireInput(landmarks.length > 0, "/landmarks", "Give at least one landmark.");
  requireInput(
    new Set(landmarks.map(({ name }) => name)).size === landmarks.length,
    "/landmarks",
    "Give every landmark a name of its own.",
  );
  return {
    landmarks: landmarks.map((landmark, at): LandmarkModel => {
      requireLandmark(landmark, at);
      const { name, features, labels } = landmark;
      const inputs = inputsOf(landmark, at);
      const points = landmark.points.map((row) =>
        encoded(inputs, (feature) => row[features.indexOf(feature)] as number),
      );
      const metadata: ModelMetadata = {
        ...{ ...options.metadata, name: `${options.metadata.name}-${name}` },
        features: inputs.map(({ feature, equals }) => (equals === null ? feature : `${feature}=${equals}`)),
        ...{ featuresVersion: null, outputs: ["probability"], trainedOn: null },
      };
      const train = learnerOf(options, metadata);
      return {
        ...{ name, features, inputs },
        ...judged({ points, labels, columns: inputs.length }, train, options),
      };
    }),
  };
}

export interface SuccessPrediction {
  /** Of success in the end, in [0, 1]; null with a reason where it cannot be told. */
  readonly probability: number | null;
  readonly reason: "missing-feature" | null;
  /** Names of the features that are missing. */
  readonly missing: readonly string[];
}

export interface SuccessPredictor {
  readonly landmarks: readonly string[];
  /**
   * @param landmark Where somebody stands.
   * @param features What is known there, by name; others than the landmark's are not read.
   * @throws AttuneError `ATTUNE_ML_UNKNOWN_LANDMARK`
   */
  predict(landmark: string, features: Readonly<Record<string, number>>): SuccessPrediction;
}

/** Asks a model of {@link trainSuccess}. A prediction costs some microseconds. */
export function successPredictor(model: SuccessModel): SuccessPredictor {
  const scorers = new Map(
    model.landmarks.map(({ name, trained, features, inputs }) => [
      name,
      { score: compileModel(trained), features, inputs },
    ]),
  );
  return {
    landmarks: [...scorers.keys()],
    predict(landmark, features) {
      const known = scorers.get(landmark);
      if (known === undefined) {
        throw new AttuneError("ATTUNE_ML_UNKNOWN_LANDMARK", "The model has no such landmark.", {
          path: "/landmark",
        });
      }
      const missing = known.features.filter(
        (name) => !Object.hasOwn(features, name) || !Number.isFinite(features[name]),
      );
      if (missing.length > 0) return { probability: null, reason: "missing-feature", missing };
      const row = Float64Array.from(encoded(known.inputs, (name) => features[name] as number));
      return { probability: known.score(row)[0] as number, reason: null, missing };
    },
  };
}
