import { AttuneError } from "@attune/core";
import { probabilityOf } from "./calibrated.js";
import { compileLinear } from "./compile-linear.js";
import { compileNetwork } from "./compile-network.js";
import { compileTrees } from "./compile-trees.js";
import { portableExp } from "./portable-exp.js";
import type { RawScorer } from "./raw-scorer.js";
import type { PredictiveModel, TrainedModel } from "./types.js";

/** Scores rows, n × inputs, row-major. The result is n × outputs, row-major: `out` where it was given, else an array of its own. */
export type CompiledModel = (rows: Float64Array, out?: Float64Array) => Float64Array;

/** How many numbers a model gives for a row. */
export function outputsOf(model: PredictiveModel): number {
  if (model.kind === "linear") return model.outputs;
  return model.kind === "trees" ? 1 : (model.layers.at(-1)?.biases.length ?? 0);
}

function rawScorer(model: PredictiveModel): RawScorer {
  switch (model.kind) {
    case "linear":
      return compileLinear(model);
    case "trees":
      return compileTrees(model);
    case "network":
      return compileNetwork(model);
  }
}

/** Shapes checked, room made. Finiteness is not looked at here: this is asked for every visitor, rows are checked where they are made. */
function withRoom(inputs: number, outputs: number, write: RawScorer): CompiledModel {
  return (rows, out) => {
    const count = rows.length / inputs;
    if (!Number.isInteger(count)) {
      throw new AttuneError(
        "ATTUNE_ML_BAD_SHAPE",
        `${rows.length} numbers are no whole number of rows of ${inputs}, which is what this model reads.`,
        { path: "/rows" },
      );
    }
    if (out !== undefined && out.length < count * outputs) {
      throw new AttuneError(
        "ATTUNE_ML_BAD_SHAPE",
        `${count} rows give ${count * outputs} scores, for which this array is too short.`,
        { path: "/out" },
      );
    }
    const target = out ?? new Float64Array(count * outputs);
    write(rows, target);
    return target;
  };
}

/** Softmax of each row of logits, in place (Goodfellow, Bengio and Courville 2016, 4.1: the largest is taken off first). */
function softmaxRows(values: Float64Array, count: number, outputs: number): void {
  for (let start = 0; start < count * outputs; start += outputs) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < outputs; j++) largest = Math.max(largest, values[start + j] as number);
    let sum = 0;
    for (let j = 0; j < outputs; j++)
      sum += values[start + j] = portableExp((values[start + j] as number) - largest);
    for (let j = 0; j < outputs; j++) (values[start + j] as number) /= sum;
  }
}

/**
 * The log-odds of a model (one output) or its logits (several), before calibration. Raw scores add up: contributions are of these.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_MODEL` if its arrays do not fit together; the scorer `ATTUNE_ML_BAD_SHAPE` for rows of another width.
 */
export function compileRawModel(model: PredictiveModel): CompiledModel {
  return withRoom(model.inputs, outputsOf(model), rawScorer(model));
}

/**
 * A model made ready to score in plain TypeScript, without any runtime: probabilities in [0, 1], calibrated; several outputs sum to 1. Built from + − × ÷ and comparisons
 * alone, so that a page and a server come to the same bits.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_MODEL` if its arrays do not fit together or a calibration stands beside several outputs; the scorer
 * `ATTUNE_ML_BAD_SHAPE` for rows of another width or an `out` that is too short.
 */
export function compileModel({ model, calibration }: TrainedModel): CompiledModel {
  const outputs = outputsOf(model);
  if (outputs > 1 && calibration !== null) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_MODEL",
      "A calibration is for a model of one output: leave it out where there are several.",
      { path: "/calibration" },
    );
  }
  const score = rawScorer(model);
  const probability = probabilityOf(calibration);
  return withRoom(model.inputs, outputs, (rows, out) => {
    score(rows, out);
    const count = rows.length / model.inputs;
    if (outputs > 1) softmaxRows(out, count, outputs);
    else for (let row = 0; row < count; row++) out[row] = probability(out[row] as number);
  });
}
