import { AttuneError } from "@attune/core";
import type {
  LinearModel,
  ModelMetadata,
  NetworkLayer,
  NetworkModel,
  PredictiveModel,
  TrainedModel,
} from "../model/types.js";
import { outputsOf } from "../model/compile-model.js";
import { decodeModel, type ReadLimits } from "./format/decode-model.js";
import type { OnnxModel } from "./format/types.js";
import { graphHash } from "./graph-hash.js";
import { type OnnxMetadata, readMetadata } from "./metadata.js";
import { isPlainForest, treeOf } from "./plain/compile-forest.js";
import { readChain } from "./plain/read-chain.js";
import type { Chain, Step } from "./plain/types.js";
import { scoresOutput } from "./scores-output.js";

export interface FromOnnxOptions extends ReadLimits {
  /** What a file of another maker does not say of its model. */
  readonly metadata?: Partial<ModelMetadata>;
}

type Affine = Extract<Step, { kind: "affine" }>;

const ACTIVATIONS = { Relu: "relu", Tanh: "tanh", Sigmoid: "sigmoid" } as const;

/** Layers from the front of the steps; the rest is what turns logits into scores. */
function layersOf(steps: readonly Step[]): {
  layers: readonly (NetworkLayer & { affine: Affine })[];
  rest: readonly Step[];
} {
  const layers: (NetworkLayer & { affine: Affine })[] = [];
  let at = 0;
  for (;;) {
    const [affine, next, following] = steps.slice(at, at + 3);
    if (affine?.kind !== "affine") break;
    const hidden = next?.kind === "elementwise" && following?.kind === "affine";
    layers.push({
      affine,
      weights: Float32Array.from(affine.weights),
      biases: Float32Array.from(affine.bias),
      activation: hidden ? ACTIVATIONS[next.op] : "identity",
    });
    at += hidden ? 2 : 1;
    if (!hidden) break;
  }
  return { layers, rest: steps.slice(at) };
}

function linearOf({ inputs, outputs, weights, bias }: Affine): LinearModel {
  return { kind: "linear", inputs, outputs, weights, intercepts: bias };
}

/** The model at the front of a chain, and the steps behind it. */
function bodyOf({ inputs, steps }: Chain): { model: PredictiveModel; rest: readonly Step[] } | null {
  const body = steps.filter(({ kind }) => kind !== "round");
  const [first, second, third] = body;
  if (first?.kind === "affine") {
    const { layers, rest } = layersOf(body);
    const network: NetworkModel = {
      kind: "network",
      inputs,
      layers: layers.map(({ affine: _, ...layer }) => layer),
    };
    return { model: layers.length === 1 ? linearOf(first) : network, rest };
  }
  if (first?.kind !== "forest" || !isPlainForest(first.forest)) return null;
  const { forest } = first;
  const trees = Array.from(forest.roots, (root) => treeOf(forest, root));
  const apart =
    second?.kind === "both" &&
    third?.kind === "select" &&
    third.columns.length === 1 &&
    third.columns[0] === 1;
  const rest = body.slice(apart ? 3 : 1);
  const [added] = rest;
  const shifted = added?.kind === "pairwise" && added.op === "Add" && added.constant.length === 1;
  const base = (forest.base[0] as number) + (shifted ? (added.constant[0] as number) : 0);
  return { model: { kind: "trees", inputs, base, trees }, rest: shifted ? rest.slice(1) : rest };
}

/** Whether the steps behind a model are what `toOnnx` or any maker writes to turn its logits into probabilities. */
function endsAsKnown(rest: readonly Step[], outputs: number, { calibration }: OnnxMetadata): boolean {
  if (calibration !== null) return outputs === 1;
  const [only] = rest;
  if (rest.length !== 1) return false;
  return outputs === 1 ? only?.kind === "elementwise" && only.op === "Sigmoid" : only?.kind === "softmax";
}

function refuse(why: string): never {
  throw new AttuneError(
    "ATTUNE_ML_ONNX_NO_MODEL",
    `This ONNX file is no linear model, trees or network as \`toOnnx\` writes them: it ${why}. It can still be scored with \`createOnnxScorer\`.`,
  );
}

function namesOf(said: OnnxMetadata, model: PredictiveModel, given: Partial<ModelMetadata>): ModelMetadata {
  const numbered = (word: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `${word}${i}`);
  const outputs = outputsOf(model);
  return {
    name: said.name ?? "model",
    features: said.features ?? numbered("input", model.inputs),
    featuresVersion: said.featuresVersion,
    purposes: said.purposes ?? ["personalization"],
    label: said.label ?? "",
    outputs: said.outputs ?? (outputs === 1 ? ["probability"] : numbered("output", outputs)),
    trainedOn: said.trainedOn,
    ...given,
  };
}

/** What a file holds, and what it says of itself. */
export interface OnnxFile {
  readonly model: OnnxModel;
  readonly metadata: OnnxMetadata;
}

/**
 * Reads an ONNX file without judging what it computes. The file need not be trusted.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_MALFORMED`, `ATTUNE_ML_ONNX_TOO_LARGE`, `ATTUNE_ML_ONNX_EXTERNAL_DATA`.
 */
export function readOnnx(bytes: Uint8Array, limits: ReadLimits = {}): OnnxFile {
  const model = decodeModel(bytes, limits);
  return { model, metadata: readMetadata(model.metadata) };
}

/**
 * The trained model that an ONNX file holds: what `toOnnx` wrote comes back, and so do plain linear models, trees of one output and perceptrons of other makers. Trees
 * come without the counts that contributions need.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_NO_MODEL` for any other graph, `ATTUNE_ML_ONNX_CHANGED` if the graph is not the one its metadata was written for, and what `readOnnx` throws.
 */
export function fromOnnx(
  bytes: Uint8Array,
  { metadata = {}, ...limits }: FromOnnxOptions = {},
): TrainedModel {
  const { model: file, metadata: said } = readOnnx(bytes, limits);
  if (said.graphHash !== null && said.graphHash !== graphHash(bytes)) {
    throw new AttuneError(
      "ATTUNE_ML_ONNX_CHANGED",
      "The graph in this file is not the one that its metadata was written for: export the model again.",
    );
  }
  const chain = readChain(file, scoresOutput(file).name);
  if ("reason" in chain) return refuse(chain.reason);
  const body = bodyOf(chain);
  if (!body || !endsAsKnown(body.rest, outputsOf(body.model), said)) return refuse("ends in other steps");
  return { model: body.model, calibration: said.calibration, metadata: namesOf(said, body.model, metadata) };
}
