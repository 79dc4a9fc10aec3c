import { describe, expect, it } from "vitest";
import { createOnnxScorer, fromOnnx, type OnnxScorerOptions } from "./index.js";
import {
  encodeModel,
  type ModelToWrite,
  type NodeToWrite,
  type TensorToWrite,
} from "./format/encode-model.js";
import { modelMaker } from "./test-models.js";

/*
 * Graphs in the shapes in which other makers write them. There is no Python here: they are built by hand, after what skl2onnx 1.17 and torch.onnx write.
 */

const make = modelMaker(21);
const FEATURES = ["a", "b", "c"];
const D = FEATURES.length;

const numbers = (count: number): number[] => Array.from({ length: count }, make.signed);
const tensor = (name: string, dims: readonly number[]): TensorToWrite => ({
  name,
  element: "float",
  dims,
  values: numbers(dims.reduce((a, b) => a * b, 1)),
});

const CLASSICAL = { "": 15, "ai.onnx.ml": 1 } as const;

/** A pipeline's last steps: probabilities made to sum to 1, then a map per row. */
const zipped = (raw: string, probabilities = "probabilities"): NodeToWrite[] => [
  {
    op: "Normalizer",
    domain: "ai.onnx.ml",
    inputs: [raw],
    outputs: [probabilities],
    attributes: { norm: { text: "L1" } },
  },
  {
    op: "ZipMap",
    domain: "ai.onnx.ml",
    inputs: [probabilities],
    outputs: ["output_probability"],
    attributes: { classlabels_int64s: { integers: [0, 1] } },
  },
];

const scikit = (nodes: readonly NodeToWrite[], constants: readonly TensorToWrite[] = []): ModelToWrite => ({
  name: "pipeline",
  producer: "skl2onnx",
  opsets: CLASSICAL,
  nodes,
  constants,
  inputs: [{ name: "X", element: "float", dims: [-1, D] }],
  outputs: [
    { name: "output_label", element: "int64", dims: [-1] },
    { name: "output_probability", element: "maps", dims: [] },
  ],
});

const torch = (nodes: readonly NodeToWrite[], constants: readonly TensorToWrite[]): ModelToWrite => ({
  name: "main_graph",
  producer: "pytorch",
  opsets: { "": 17 },
  nodes,
  constants,
  inputs: [{ name: "input", element: "float", dims: [-1, D] }],
  outputs: [{ name: "output", element: "float", dims: [-1, 1] }],
});

const weights = numbers(D);
const logisticRegression = scikit([
  {
    op: "Scaler",
    domain: "ai.onnx.ml",
    inputs: ["X"],
    outputs: ["variable"],
    attributes: { offset: { floats: numbers(D) }, scale: { floats: [1, 2, 0.5] } },
  },
  {
    op: "LinearClassifier",
    domain: "ai.onnx.ml",
    inputs: ["variable"],
    outputs: ["label", "raw"],
    attributes: {
      classlabels_ints: { integers: [0, 1] },
      coefficients: { floats: [...weights.map((w) => -w), ...weights] },
      intercepts: { floats: [-0.3, 0.3] },
      multi_class: { integer: 1 },
      post_transform: { text: "LOGISTIC" },
    },
  },
  { op: "Cast", inputs: ["label"], outputs: ["output_label"], attributes: { to: { integer: 7 } } },
  ...zipped("raw"),
]);

/** Each leaf says the shares of both classes, divided by the number of trees. */
const TREES = [0, 1, 2];
const shares = TREES.flatMap(() =>
  [0, 1].flatMap(() => {
    const share = (make.signed() + 1) / 2;
    return [share / 3, (1 - share) / 3];
  }),
);
const each = (of: (tree: number) => readonly number[]) => ({ integers: TREES.flatMap(of) });
const randomForest = scikit([
  {
    op: "TreeEnsembleClassifier",
    domain: "ai.onnx.ml",
    inputs: ["X"],
    outputs: ["output_label", "probabilities"],
    attributes: {
      nodes_treeids: each((tree) => [tree, tree, tree]),
      nodes_nodeids: each(() => [0, 1, 2]),
      nodes_featureids: each((tree) => [tree, 0, 0]),
      nodes_modes: {
        texts: TREES.flatMap((tree) => [
          ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT"][tree] as string,
          "LEAF",
          "LEAF",
        ]),
      },
      nodes_values: { floats: TREES.flatMap(() => [0.25, 0, 0]) },
      nodes_truenodeids: each(() => [1, 0, 0]),
      nodes_falsenodeids: each(() => [2, 0, 0]),
      nodes_missing_value_tracks_true: each(() => [0, 0, 0]),
      class_treeids: each((tree) => [tree, tree, tree, tree]),
      class_nodeids: each(() => [1, 1, 2, 2]),
      class_ids: each(() => [0, 1, 0, 1]),
      class_weights: { floats: shares },
      classlabels_int64s: { integers: [0, 1] },
      post_transform: { text: "NONE" },
    },
  },
  {
    op: "ZipMap",
    domain: "ai.onnx.ml",
    inputs: ["probabilities"],
    outputs: ["output_probability"],
    attributes: { classlabels_int64s: { integers: [0, 1] } },
  },
]);

const layer = (input: string, i: number, output: string): NodeToWrite => ({
  op: "Gemm",
  inputs: [input, `${i}.weight`, `${i}.bias`],
  outputs: [output],
  attributes: { alpha: { float: 1 }, beta: { float: 1 }, transB: { integer: 1 } },
});
const perceptron = torch(
  [
    layer("input", 0, "/0"),
    { op: "Relu", inputs: ["/0"], outputs: ["/1"] },
    layer("/1", 2, "/2"),
    { op: "Sigmoid", inputs: ["/2"], outputs: ["output"] },
  ],
  [tensor("0.weight", [8, D]), tensor("0.bias", [8]), tensor("2.weight", [1, 8]), tensor("2.bias", [1])],
);
const matrices = torch(
  [
    { op: "MatMul", inputs: ["input", "w"], outputs: ["product"] },
    { op: "Add", inputs: ["b", "product"], outputs: ["hidden"] },
    { op: "Tanh", inputs: ["hidden"], outputs: ["bent"] },
    layer("bent", 2, "output"),
  ],
  [tensor("w", [D, 8]), tensor("b", [8]), tensor("2.weight", [1, 8]), tensor("2.bias", [1])],
);
/** `Elu` is none of ours: the runtime's. */
const unusual = torch(
  [
    layer("input", 0, "/0"),
    { op: "Elu", inputs: ["/0"], outputs: ["/1"] },
    layer("/1", 2, "/2"),
    { op: "Sigmoid", inputs: ["/2"], outputs: ["output"] },
  ],
  perceptron.constants,
);
const unusualMaps = scikit([
  { op: "Elu", inputs: ["X"], outputs: ["bent"] },
  ...(logisticRegression.nodes.slice(1) as NodeToWrite[]).map((node) =>
    node.op === "LinearClassifier" ? { ...node, inputs: ["bent"] } : node,
  ),
]);

const rows = make.rows(100, D);
const scored = async (model: ModelToWrite, options: OnnxScorerOptions): Promise<Float64Array> =>
  (await createOnnxScorer(encodeModel(model), { features: FEATURES, ...options })).score(rows);

describe("models made elsewhere", () => {
  it.each<[string, ModelToWrite, OnnxScorerOptions]>([
    ["a scaled logistic regression of scikit-learn", logisticRegression, {}],
    ["a random forest of scikit-learn", randomForest, {}],
    ["both classes of it", randomForest, { outputs: ["no", "yes"] }],
    ["a perceptron of PyTorch", perceptron, {}],
    ["one that gives log-odds", matrices, { transform: "sigmoid" }],
  ])("%s: plain is onnxruntime to 1e-6", async (_name, model, options) => {
    const plain = await scored(model, { ...options, runtime: "plain" });
    const runtime = await scored(model, { ...options, runtime: "onnxruntime" });
    expect(plain.length).toBe(100 * (options.outputs?.length ?? 1));
    plain.forEach((score, i) => expect(Math.abs(score - (runtime[i] as number))).toBeLessThanOrEqual(1e-6));
    expect(new Set(plain).size).toBeGreaterThan(3);
  });

  it.each([
    ["a graph with an operator of another kind", unusual],
    ["the same behind maps from class to probability", unusualMaps],
  ])("%s goes to onnxruntime", async (_name, model) => {
    await expect(scored(model, { runtime: "plain" })).rejects.toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_ONNX_NOT_PLAIN", message: expect.stringContaining("Elu") }),
    );
    const scores = await scored(model, {});
    expect(scores.length).toBe(100);
    expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
  });

  it("a perceptron becomes a trained model", () => {
    const { model } = fromOnnx(encodeModel(perceptron), {
      metadata: { name: "from-elsewhere", features: FEATURES },
    });
    expect(model).toMatchObject({ kind: "network", inputs: 3 });
  });

  it.each<[string, ModelToWrite, OnnxScorerOptions, string]>([
    ["no names", perceptron, { features: undefined as never }, "ATTUNE_ML_ONNX_FEATURES"],
    ["too many names", perceptron, { features: [...FEATURES, "d"] }, "ATTUNE_ML_ONNX_FEATURES"],
    ["too many outputs", perceptron, { outputs: ["a", "b"] }, "ATTUNE_ML_ONNX_OUTPUT"],
    ["an output that there is not", perceptron, { output: "other" }, "ATTUNE_ML_ONNX_OUTPUT"],
    ["log-odds taken for scores", matrices, {}, "ATTUNE_ML_ONNX_NOT_A_SCORE"],
    [
      "a graph no runtime knows",
      torch([{ op: "Nonsense", inputs: ["input"], outputs: ["output"] }], []),
      {},
      "ATTUNE_ML_ONNX_RUNTIME",
    ],
    [
      "a runtime that is not there",
      unusual,
      { onnxruntime: { load: () => Promise.reject(new Error("none")) } },
      "ATTUNE_ML_ONNX_NO_RUNTIME",
    ],
  ])("refuses %s", async (_what, model, options, code) => {
    const run = async (): Promise<Float64Array> => scored(model, options);
    await expect(run()).rejects.toThrow(expect.objectContaining({ code }));
  });
});
