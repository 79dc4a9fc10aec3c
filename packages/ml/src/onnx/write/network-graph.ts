import type { NodeToWrite, TensorToWrite } from "../format/encode-model.js";
import { ELEMENT } from "../format/types.js";
import type { NetworkLayer, NetworkModel } from "../../model/types.js";
import { cast, type GraphPart, inOrder } from "./graph-parts.js";

const OPERATORS = { relu: "Relu", tanh: "Tanh", sigmoid: "Sigmoid", identity: "Identity" } as const;

/** Weights stand in the file as they were trained, in float32; sums are float64, as those of linear models. */
function layerGraph({ weights, biases, activation }: NetworkLayer, i: number, input: string): GraphPart {
  const units = biases.length;
  const constant = (name: string, dims: readonly number[], values: Float32Array): TensorToWrite => ({
    name,
    element: "float",
    dims,
    values,
  });
  const [w, b, sum, out] = [`weights${i}`, `biases${i}`, `sum${i}`, `layer${i}`];
  const gemm: NodeToWrite = {
    op: "Gemm",
    inputs: [input, `${w}_double`, `${b}_double`],
    outputs: [sum],
    attributes: { transB: { integer: 1 } },
  };
  return {
    nodes: [
      cast(w, `${w}_double`, ELEMENT.double),
      cast(b, `${b}_double`, ELEMENT.double),
      gemm,
      { op: OPERATORS[activation], inputs: [sum], outputs: [out] },
    ],
    constants: [constant(w, [units, weights.length / units], weights), constant(b, [units], biases)],
    output: out,
  };
}

/** A multilayer perceptron: per layer a `Gemm` and its activation. */
export function networkGraph({ layers }: NetworkModel, input: string): GraphPart {
  let from = input;
  return inOrder(
    ...layers.map((layer, i) => {
      const part = layerGraph(layer, i, from);
      from = part.output;
      return part;
    }),
  );
}
