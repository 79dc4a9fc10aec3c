import { malformed } from "../format/read-protobuf.js";
import type { OnnxNode, OnnxTensor } from "../format/types.js";
import type { Stream } from "./stream.js";
import type { Pairwise, Step } from "./types.js";

/** A constant's numbers if it is one row, or one number, that meets every row alike; null otherwise. */
function rowOf({ dims, values }: OnnxTensor): Float64Array | null {
  return values !== null && dims.slice(0, -1).every((side) => side === 1) ? values : null;
}

/** Columns × rows of a matrix that is rows × columns. */
function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] as number;
  return out;
}

function affine(weights: Float64Array, bias: Float64Array, inputs: number): Step {
  if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite))
    malformed("has a weight that is no finite number");
  return { kind: "affine", inputs, outputs: bias.length, weights, bias };
}

function fits(node: OnnxNode, wants: number, { columns }: Stream): void {
  if (wants !== columns) malformed(`has a ${node.op} for ${wants} columns where ${columns} come in`);
}

/** `Gemm` with a constant matrix, as PyTorch writes a linear layer; `MatMul` likewise. */
export function readMatrix(
  node: OnnxNode,
  stream: Stream,
  constants: readonly (OnnxTensor | null)[],
): readonly Step[] | string {
  const [, matrix, offset] = constants;
  if (!matrix?.values || matrix.dims.length !== 2) return "multiplies in an unusual way";
  const number = (name: string): number => node.attributes.get(name)?.integer ?? 0;
  if (number("transA") !== 0) return "multiplies in an unusual way";
  const turned = number("transB") !== 0;
  const [rows, columns] = matrix.dims as readonly [number, number];
  const [inputs, outputs] = turned ? [columns, rows] : [rows, columns];
  fits(node, inputs, stream);
  const alpha = node.attributes.get("alpha")?.float ?? 1;
  const beta = node.attributes.get("beta")?.float ?? 1;
  const weights = turned ? matrix.values.slice() : transposed(matrix.values, rows, columns);
  if (alpha !== 1) for (let i = 0; i < weights.length; i++) weights[i] = alpha * (weights[i] as number);
  const bias = new Float64Array(outputs);
  if (offset) {
    const row = rowOf(offset);
    if (!row || (row.length !== 1 && row.length !== outputs)) return "adds in an unusual way";
    for (let i = 0; i < outputs; i++) bias[i] = beta * (row[row.length === 1 ? 0 : i] as number);
  }
  return [affine(weights, bias, inputs)];
}

/** `Add`, `Sub`, `Mul`, `Div`, `Max` and `Min` with a constant. */
export function readPairwise(
  node: OnnxNode,
  { columns }: Stream,
  constants: readonly (OnnxTensor | null)[],
): readonly Step[] | string {
  if (constants.length !== 2) return "takes more than two operands";
  const reversed = constants[0] !== null;
  const tensor = constants[reversed ? 0 : 1];
  const constant = tensor ? rowOf(tensor) : null;
  if (!constant || constant.length === 0) return "takes a constant of an unusual shape";
  const width = constant.length;
  if (width !== 1 && columns !== 1 && width !== columns)
    malformed(`has a ${node.op} for ${width} columns where ${columns} come in`);
  return [
    { kind: "pairwise", op: node.op as Pairwise, constant, columns: Math.max(width, columns), reversed },
  ];
}

/** `Scaler`: (x − offset) · scale. */
export function readScaler(node: OnnxNode, { columns }: Stream): readonly Step[] | string {
  const part = (op: Pairwise, name: string): Step => {
    const constant = node.attributes.get(name)?.floats ?? new Float64Array(0);
    if (constant.length !== 1 && constant.length !== columns)
      malformed(`has a Scaler for ${constant.length} columns where ${columns} come in`);
    return { kind: "pairwise", op, constant, columns, reversed: false };
  };
  return [part("Sub", "offset"), part("Mul", "scale")];
}

/** `LinearClassifier`, as scikit-learn's converter writes it: one row of coefficients per class, or one for two classes under LOGISTIC. */
export function readLinearClassifier(node: OnnxNode, stream: Stream): readonly Step[] | string {
  const { attributes } = node;
  const weights = attributes.get("coefficients")?.floats ?? new Float64Array(0);
  const labels =
    (attributes.get("classlabels_ints")?.integers.length ?? 0) ||
    (attributes.get("classlabels_strings")?.texts.length ?? 0);
  const given = attributes.get("intercepts")?.floats ?? new Float64Array(0);
  const rows = weights.length / stream.columns;
  if (!Number.isInteger(rows))
    malformed(`has ${weights.length} coefficients where ${stream.columns} columns come in`);
  if (given.length !== 0 && given.length !== rows) malformed("has as many intercepts as it has no classes");
  const bias = given.length === 0 ? new Float64Array(rows) : given;
  const post = attributes.get("post_transform")?.text || "NONE";
  const step = affine(weights, bias, stream.columns);
  if (rows === 1) {
    if (labels > 2 || post !== "LOGISTIC") return "tells two classes apart in an unusual way";
    return [step, { kind: "both", complement: false }, { kind: "elementwise", op: "Sigmoid" }];
  }
  if (labels !== 0 && labels !== rows) malformed(`has coefficients for ${rows} classes of ${labels}`);
  if (post === "NONE") return [step];
  if (post === "LOGISTIC") return [step, { kind: "elementwise", op: "Sigmoid" }];
  return post === "SOFTMAX" ? [step, { kind: "softmax" }] : `ends in ${post}`;
}
