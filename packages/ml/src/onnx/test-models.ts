import { seededRandom } from "@attune/core";
import type { Calibration, ModelMetadata, PredictiveModel, TrainedModel, Tree } from "../model/types.js";

/** Random models for tests. */
export interface ModelMaker {
  /** In [−1, 1). */
  readonly signed: () => number;
  readonly linear: (inputs: number, outputs: number) => PredictiveModel;
  readonly network: (inputs: number, outputs: number) => PredictiveModel;
  readonly forest: (inputs: number, trees: number, depth: number) => PredictiveModel;
  readonly platt: () => Calibration;
  readonly isotonic: (points: number) => Calibration;
  readonly rows: (count: number, inputs: number) => Float64Array;
}

/** Children follow their parents; a branch ends early now and then. */
function randomTree(random: () => number, inputs: number, depth: number): Tree {
  const nodes: { feature: number; threshold: number; left: number; right: number; value: number }[] = [];
  const grow = (level: number): number => {
    const at = nodes.length;
    const node = { feature: -1, threshold: 0, left: -1, right: -1, value: (random() - 0.5) / 2 };
    nodes.push(node);
    if (level === 0 || random() < 0.05) return at;
    node.feature = Math.floor(random() * inputs);
    node.threshold = Math.fround(random() * 2 - 1);
    node.left = grow(level - 1);
    node.right = grow(level - 1);
    return at;
  };
  grow(depth);
  return {
    feature: Int32Array.from(nodes, ({ feature }) => feature),
    threshold: Float32Array.from(nodes, ({ threshold }) => threshold),
    left: Int32Array.from(nodes, ({ left }) => left),
    right: Int32Array.from(nodes, ({ right }) => right),
    value: Float64Array.from(nodes, ({ value }) => value),
    cover: Float64Array.from(nodes, () => 1),
  };
}

export function modelMaker(seed: number): ModelMaker {
  const random = seededRandom(seed);
  const signed = (): number => random() * 2 - 1;
  const many = (length: number, scale = 1): Float64Array =>
    Float64Array.from({ length }, () => signed() * scale);
  return {
    signed,
    linear: (inputs, outputs) => ({
      kind: "linear",
      inputs,
      outputs,
      weights: many(inputs * outputs, 3),
      intercepts: many(outputs),
    }),
    network: (inputs, outputs) => ({
      kind: "network",
      inputs,
      layers: (["relu", "tanh", "sigmoid", "identity"] as const).map((activation, i, all) => {
        const [from, to] = [i === 0 ? inputs : 6, i === all.length - 1 ? outputs : 6];
        return {
          weights: Float32Array.from(many(from * to)),
          biases: Float32Array.from(many(to)),
          activation,
        };
      }),
    }),
    forest: (inputs, trees, depth) => ({
      kind: "trees",
      inputs,
      base: signed(),
      trees: Array.from({ length: trees }, () => randomTree(random, inputs, depth)),
    }),
    platt: () => ({ method: "platt", slope: 0.5 + random(), intercept: signed() }),
    isotonic: (points) => ({
      method: "isotonic",
      x: many(points)
        .map((x) => (x + 1) / 2)
        .sort(),
      y: many(points)
        .map((y) => (y + 1) / 2)
        .sort(),
    }),
    rows: (count, inputs) => many(count * inputs),
  };
}

export function trainedModel(
  model: PredictiveModel,
  calibration: Calibration | null = null,
  more: Partial<ModelMetadata> = {},
): TrainedModel {
  const count =
    model.kind === "linear"
      ? model.outputs
      : model.kind === "trees"
        ? 1
        : (model.layers.at(-1)?.biases.length ?? 0);
  return {
    model,
    calibration,
    metadata: {
      name: "orders-soon",
      features: Array.from({ length: model.inputs }, (_, i) => `f${i}`),
      featuresVersion: null,
      purposes: ["personalization"],
      label: "orders within 7 days",
      outputs: count === 1 ? ["probability"] : Array.from({ length: count }, (_, i) => `class-${i}`),
      trainedOn: { from: 1_700_000_000_000, to: 1_700_600_000_000, rows: 1000 },
      ...more,
    },
  };
}
