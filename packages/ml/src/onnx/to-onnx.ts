import { AttuneError } from "@attune/core";
import { compileModel, outputsOf } from "../model/compile-model.js";
import type { ModelMetadata, PredictiveModel, TrainedModel } from "../model/types.js";
import { encodeModel, type ModelToWrite } from "./format/encode-model.js";
import { ELEMENT } from "./format/types.js";
import { graphHash } from "./graph-hash.js";
import { metadataOf } from "./metadata.js";
import { probabilityGraph } from "./write/calibration-graph.js";
import { compactTreesGraph } from "./write/compact-trees-graph.js";
import { cast, type GraphPart, inOrder } from "./write/graph-parts.js";
import { linearGraph } from "./write/linear-graph.js";
import { networkGraph } from "./write/network-graph.js";
import { classifierGraph } from "./write/trees-graph.js";

export interface ToOnnxOptions {
  /** In place of, or on top of, what the trained model says of itself. */
  readonly metadata?: Partial<ModelMetadata>;
  /**
   * How trees are written: `classifier`, a `TreeEnsembleClassifier`, which every runtime knows (the default); `compact`, a `TreeEnsemble` of ai.onnx.ml 5, for
   * runtimes of 2025 and later: about six tenths of the bytes.
   */
  readonly trees?: "classifier" | "compact";
  /**
   * What `scores` are: probabilities (the default), or the `log-odds` (of several outputs the logits) as they stand before calibration, for a runtime that goes on from there: `createOnnxScorer` then needs
   * `transform`.
   */
  readonly gives?: "probabilities" | "log-odds";
  /** Whether each tree node says how many training rows came through it, which contributions need (`classifier` alone); four bytes a node. */
  readonly cover?: boolean;
}

const OPSET = 15;

function bodyOf(model: PredictiveModel, input: string, { trees, cover = false }: ToOnnxOptions): GraphPart {
  switch (model.kind) {
    case "linear":
      return linearGraph(model, input);
    case "network":
      return networkGraph(model, input);
    case "trees":
      return trees === "compact" ? compactTreesGraph(model, input) : classifierGraph(model, input, cover);
  }
}

function check(trained: TrainedModel): void {
  // Refuses arrays that do not fit together before they become a file.
  compileModel(trained);
  const { features, outputs } = trained.metadata;
  const [inputs, scores] = [trained.model.inputs, outputsOf(trained.model)];
  if (features.length === inputs && outputs.length === scores) return;
  throw new AttuneError(
    "ATTUNE_ML_BAD_MODEL",
    `The model takes ${inputs} inputs and gives ${scores} outputs; its metadata names ${features.length} and ${outputs.length}: name each one.`,
    { path: "/metadata" },
  );
}

/**
 * A trained model as an ONNX file, which scores anywhere: rows of float32 `features` (n × inputs) in, float32 `scores` (n × outputs) out, calibration
 * included. Linear models and networks are `Gemm` nodes in float64, trees a `TreeEnsembleClassifier`; `metadata_props` holds names of features, purposes, the
 * training window, the calibration and the graph's hash. The same model gives the same bytes.
 *
 * @param trained The model, or its bare arrays if `options.metadata` says everything else.
 * @throws AttuneError `ATTUNE_ML_BAD_MODEL` if arrays do not fit together or names are not as many as columns.
 */
export function toOnnx(trained: TrainedModel | PredictiveModel, options: ToOnnxOptions = {}): Uint8Array {
  const bare = "kind" in trained;
  const whole: TrainedModel = {
    model: bare ? trained : trained.model,
    calibration: bare ? null : trained.calibration,
    metadata: { ...NAMELESS, ...(bare ? {} : trained.metadata), ...options.metadata },
  };
  check(whole);
  const { model, calibration, metadata } = whole;
  const outputs = outputsOf(model);
  const body = bodyOf(model, "exact", options);
  const found = inOrder(
    { nodes: [cast("features", "exact", ELEMENT.double)], constants: [], output: "exact" },
    body,
    options.gives === "log-odds"
      ? { nodes: [], constants: [], output: body.output }
      : probabilityGraph(calibration, outputs, body.output),
  );
  const scores = { nodes: [cast(found.output, "scores", ELEMENT.float)], constants: [], output: "scores" };
  const graph = inOrder(found, scores);
  const file: ModelToWrite = {
    name: metadata.name,
    opsets: {
      "": OPSET,
      ...(model.kind === "trees" && { "ai.onnx.ml": options.trees === "compact" ? 5 : 3 }),
    },
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [{ name: "features", element: "float", dims: [-1, model.inputs] }],
    outputs: [{ name: "scores", element: "float", dims: [-1, outputs] }],
  };
  return encodeModel({ ...file, metadata: metadataOf(whole, graphHash(encodeModel(file))) });
}

const NAMELESS: ModelMetadata = {
  name: "model",
  features: [],
  featuresVersion: null,
  purposes: ["personalization"],
  label: "",
  outputs: ["probability"],
  trainedOn: null,
};
