import type { Calibration } from "../../model/types.js";
import { doubles, type GraphPart } from "./graph-parts.js";

const logistic = (input: string, output: string): GraphPart => ({
  nodes: [{ op: "Sigmoid", inputs: [input], outputs: [output] }],
  constants: [],
  output,
});

function plattGraph(
  { slope, intercept }: Extract<Calibration, { method: "platt" }>,
  input: string,
): GraphPart {
  return {
    nodes: [
      { op: "Mul", inputs: [input, "slope"], outputs: ["stretched"] },
      { op: "Add", inputs: ["stretched", "shift"], outputs: ["calibrated"] },
      { op: "Sigmoid", inputs: ["calibrated"], outputs: ["probability"] },
    ],
    constants: [doubles("slope", [1], [slope]), doubles("shift", [1], [intercept])],
    output: "probability",
  };
}

/**
 * A line through points as nodes that every runtime has: how far along each stretch the value lies, cut off to [0, 1], times what the stretch rises;
 * summed, on top of the first point.
 */
function isotonicGraph({ x, y }: Extract<Calibration, { method: "isotonic" }>, input: string): GraphPart {
  const stretches = x.length - 1;
  const first = doubles("lowest", [1], [y[0] as number]);
  const raw = logistic(input, "uncalibrated");
  if (stretches === 0) {
    const zero = doubles("zero", [1], [0]);
    return {
      nodes: [
        ...raw.nodes,
        { op: "Mul", inputs: [raw.output, "zero"], outputs: ["nothing"] },
        { op: "Add", inputs: ["nothing", "lowest"], outputs: ["probability"] },
      ],
      constants: [zero, first],
      output: "probability",
    };
  }
  const between = (list: Float64Array): Float64Array =>
    Float64Array.from({ length: stretches }, (_, i) => (list[i + 1] as number) - (list[i] as number));
  return {
    nodes: [
      ...raw.nodes,
      { op: "Sub", inputs: [raw.output, "starts"], outputs: ["beyond"] },
      { op: "Div", inputs: ["beyond", "lengths"], outputs: ["share"] },
      { op: "Max", inputs: ["share", "none"], outputs: ["above"] },
      { op: "Min", inputs: ["above", "whole"], outputs: ["within"] },
      { op: "Gemm", inputs: ["within", "rises", "lowest"], outputs: ["probability"] },
    ],
    constants: [
      doubles("starts", [1, stretches], x.subarray(0, stretches)),
      doubles("lengths", [1, stretches], between(x)),
      doubles("none", [1], [0]),
      doubles("whole", [1], [1]),
      doubles("rises", [stretches, 1], between(y)),
      first,
    ],
    output: "probability",
  };
}

/** From log-odds (one output) or logits (several) to probabilities, in float64. */
export function probabilityGraph(calibration: Calibration | null, outputs: number, input: string): GraphPart {
  if (outputs > 1) {
    const nodes = [
      { op: "Softmax", inputs: [input], outputs: ["probability"], attributes: { axis: { integer: -1 } } },
    ];
    return { nodes, constants: [], output: "probability" };
  }
  if (calibration === null) return logistic(input, "probability");
  return calibration.method === "platt" ? plattGraph(calibration, input) : isotonicGraph(calibration, input);
}
