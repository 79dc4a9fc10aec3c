import { ELEMENT, type OnnxNode, type OnnxTensor } from "../format/types.js";
import { readTreeClassifier, readTreeRegressor } from "./read-ensemble.js";
import { readLinearClassifier, readMatrix, readPairwise, readScaler } from "./read-matrix.js";
import { readTreeEnsemble } from "./read-tree-ensemble.js";
import type { Stream } from "./stream.js";
import type { Elementwise, Step } from "./types.js";

/**
 * What a node does to its rows.
 *
 * @param constants One per input; null for the one that rows come by.
 * @returns The steps, or why this code cannot take it: words that follow the operator's name.
 */
export type ReadNode = (
  node: OnnxNode,
  stream: Stream,
  constants: readonly (OnnxTensor | null)[],
) => readonly Step[] | string;

const nothing: ReadNode = () => [];

const elementwise: ReadNode = ({ op }) => [{ kind: "elementwise", op: op as Elementwise }];

/** Rows are the first of two dimensions, columns the last, which older versions call 1 too. */
const softmax: ReadNode = ({ attributes }) => {
  const axis = attributes.get("axis")?.integer ?? -1;
  return axis === -1 || axis === 1 ? [{ kind: "softmax" }] : "runs over rows";
};

const normalizer: ReadNode = ({ attributes }) => {
  const norm = attributes.get("norm")?.text || "MAX";
  return norm === "L1" || norm === "L2" ? [{ kind: "normalize", norm }] : `takes the norm ${norm}`;
};

const cast: ReadNode = ({ attributes }, { element }) => {
  const to = attributes.get("to")?.integer;
  if (to === ELEMENT.double) return [];
  if (to === ELEMENT.float) return element === "double" ? [{ kind: "round" }] : [];
  return "turns numbers into another kind";
};

/** A shape that leaves rows as they are: [−1 or 0, columns], or one number per row where there is one column. */
const reshape: ReadNode = (_node, { columns }, [, shape]) => {
  const [rows, width] = Array.from(shape?.values ?? []);
  if (width === undefined) return rows === -1 && columns === 1 ? [] : "changes the shape of rows";
  const whole = rows === 0 || rows === -1;
  return whole && (width === columns || (width === -1 && rows === 0)) ? [] : "changes the shape of rows";
};

const flatten: ReadNode = ({ attributes }) =>
  (attributes.get("axis")?.integer ?? 1) === 1 ? [] : "changes the shape of rows";

const squeeze: ReadNode = (_node, { columns }) => (columns === 1 ? [] : "changes the shape of rows");

const select: ReadNode = ({ op, attributes }, { columns }, [, indices]) => {
  const axis = attributes.get("axis")?.integer ?? 0;
  const chosen = indices?.values;
  if (!chosen || chosen.length === 0 || (op === "Gather" && axis !== 1 && axis !== -1))
    return "selects in an unusual way";
  const within = Int32Array.from(chosen, (index) => (index < 0 ? index + columns : index));
  return within.every((index) => index >= 0 && index < columns)
    ? [{ kind: "select", columns: within }]
    : "selects a column that there is not";
};

const STANDARD: Readonly<Record<string, ReadNode>> = {
  Identity: nothing,
  Dropout: nothing,
  Cast: cast,
  Gemm: readMatrix,
  MatMul: readMatrix,
  Add: readPairwise,
  Sub: readPairwise,
  Mul: readPairwise,
  Div: readPairwise,
  Max: readPairwise,
  Min: readPairwise,
  Relu: elementwise,
  Tanh: elementwise,
  Sigmoid: elementwise,
  Softmax: softmax,
  Gather: select,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
};

const CLASSICAL: Readonly<Record<string, ReadNode>> = {
  ArrayFeatureExtractor: select,
  LinearClassifier: readLinearClassifier,
  Normalizer: normalizer,
  Scaler: readScaler,
  TreeEnsemble: readTreeEnsemble,
  TreeEnsembleClassifier: readTreeClassifier,
  TreeEnsembleRegressor: readTreeRegressor,
  ZipMap: nothing,
};

/** How an operator is read; undefined for those that only a runtime knows. */
export function readerOf({ op, domain }: OnnxNode): ReadNode | undefined {
  const readers = domain === "" ? STANDARD : domain === "ai.onnx.ml" ? CLASSICAL : {};
  return Object.hasOwn(readers, op) ? readers[op] : undefined;
}

/** What comes out of some steps. */
export function after(stream: Stream, node: OnnxNode, steps: readonly Step[]): Stream {
  let { columns, element } = stream;
  for (const step of steps) {
    if (step.kind === "affine") columns = step.outputs;
    else if (step.kind === "pairwise") columns = step.columns;
    else if (step.kind === "select") columns = step.columns.length;
    else if (step.kind === "both") columns = 2;
    else if (step.kind === "forest") columns = step.forest.targets;
  }
  if (node.op === "Cast")
    element = node.attributes.get("to")?.integer === ELEMENT.double ? "double" : "float";
  // The classical operators give float32 whatever comes in; `TreeEnsemble` gives what it takes.
  else if (node.domain !== "" && node.op !== "TreeEnsemble" && node.op !== "ZipMap") element = "float";
  return { columns, element, single: element === "float" || (stream.single && steps.length === 0) };
}
