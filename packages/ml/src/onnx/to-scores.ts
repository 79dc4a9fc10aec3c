import { AttuneError } from "@attune/core";
import { portableExp, portableLogistic } from "../model/portable-exp.js";

/** Turns what a graph gives into scores. */
export interface ToScores {
  /** `values` is `rows` × as many as the graph gives. */
  (values: Float64Array, rows: number): Float64Array;
  /** @throws AttuneError `ATTUNE_ML_ONNX_OUTPUT` if the graph gives another number of them than was asked for. */
  check(width: number): void;
}

/** What float32 may be off a bound. */
const SLACK = 1e-5;

function softmaxRow(row: Float64Array): void {
  const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i] = portableExp((row[i] as number) - largest);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / sum;
}

function clamped(value: number): number {
  if (value >= -SLACK && value <= 1 + SLACK) return Math.min(1, Math.max(0, value));
  throw new AttuneError(
    "ATTUNE_ML_ONNX_NOT_A_SCORE",
    "The model gave a value outside [0, 1]: if it gives log-odds or logits, say so by `transform`.",
  );
}

/**
 * @param outputs How many scores a row gets. One, of a graph that gives two classes, is the second's.
 * @param transform What the graph left undone.
 */
export function toScores(outputs: number, transform: "none" | "sigmoid" | "softmax" = "none"): ToScores {
  const check = (width: number): void => {
    if (width === outputs || (outputs === 1 && width === 2)) return;
    throw new AttuneError(
      "ATTUNE_ML_ONNX_OUTPUT",
      `The model gives ${width} numbers a row, and ${outputs} are named: name each of them with \`outputs\`, or only the second of two classes.`,
    );
  };
  const finish = (values: Float64Array, rows: number): Float64Array => {
    const width = values.length / rows;
    check(width);
    const out = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      const end = (row + 1) * width;
      if (transform === "softmax") softmaxRow(values.subarray(end - width, end));
      for (let j = 0; j < outputs; j++) {
        const value = values[end - outputs + j] as number;
        out[row * outputs + j] = clamped(transform === "sigmoid" ? portableLogistic(value) : value);
      }
    }
    return out;
  };
  return Object.assign(finish, { check });
}
