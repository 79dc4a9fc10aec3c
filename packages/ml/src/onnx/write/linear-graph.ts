import type { LinearModel } from "../../model/types.js";
import { doubles, type GraphPart } from "./graph-parts.js";

/** Weighted sums in float64: raw features differ in size by orders of magnitude, which float32 sums would feel. */
export const linearGraph = (
  { inputs, outputs, weights, intercepts }: LinearModel,
  input: string,
): GraphPart => ({
  nodes: [
    {
      op: "Gemm",
      inputs: [input, "weights", "intercepts"],
      outputs: ["logits"],
      attributes: { transB: { integer: 1 } },
    },
  ],
  constants: [doubles("weights", [outputs, inputs], weights), doubles("intercepts", [outputs], intercepts)],
  output: "logits",
});
