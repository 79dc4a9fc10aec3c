import { AttuneError } from "@attune/core";
import { portableLogistic, portableTanh } from "./portable-exp.js";
import type { RawScorer } from "./raw-scorer.js";
import type { NetworkLayer, NetworkModel } from "./types.js";

const ACTIVATIONS: Record<NetworkLayer["activation"], (x: number) => number> = {
  relu: (x) => (x > 0 ? x : 0),
  tanh: portableTanh,
  sigmoid: portableLogistic,
  identity: (x) => x,
};

function checkLayers({ inputs, layers }: NetworkModel): void {
  let width = inputs;
  layers.forEach(({ weights, biases, activation }, i) => {
    const fits = biases.length > 0 && weights.length === biases.length * width;
    if (!fits || !Object.hasOwn(ACTIVATIONS, activation)) {
      throw new AttuneError(
        "ATTUNE_ML_BAD_MODEL",
        `This layer needs units × ${width} weights, a bias for each unit, and an activation that is known.`,
        { path: `/model/layers/${i}` },
      );
    }
    width = biases.length;
  });
  if (layers.length === 0 || layers.at(-1)?.activation !== "identity") {
    throw new AttuneError(
      "ATTUNE_ML_BAD_MODEL",
      "A network needs layers, the last of them with the activation `identity`.",
      {
        path: "/model/layers",
      },
    );
  }
}

function runLayer({ weights, biases, activation }: NetworkLayer, from: Float64Array, to: Float64Array): void {
  const width = weights.length / biases.length;
  const activate = ACTIVATIONS[activation];
  for (let unit = 0; unit < biases.length; unit++) {
    let sum = biases[unit] as number;
    for (let j = 0, at = unit * width; j < width; j++)
      sum += (weights[at + j] as number) * (from[j] as number);
    to[unit] = activate(sum);
  }
}

/** Logits of a network, n × units of its last layer; sums in float64. O(weights) a row. @throws AttuneError `ATTUNE_ML_BAD_MODEL`. */
export function compileNetwork(model: NetworkModel): RawScorer {
  checkLayers(model);
  const { inputs, layers } = model;
  const outputs = layers.at(-1)?.biases.length as number;
  return (rows, out) => {
    // Of this call alone: a scorer may be shared.
    const values = [new Float64Array(inputs), ...layers.map(({ biases }) => new Float64Array(biases.length))];
    const last = values.at(-1) as Float64Array;
    for (let row = 0; row < rows.length / inputs; row++) {
      (values[0] as Float64Array).set(rows.subarray(row * inputs, (row + 1) * inputs));
      layers.forEach((layer, i) => {
        runLayer(layer, values[i] as Float64Array, values[i + 1] as Float64Array);
      });
      out.set(last, row * outputs);
    }
  };
}
