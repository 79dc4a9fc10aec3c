import { malformed } from "../format/read-protobuf.js";
import type { OnnxNode } from "../format/types.js";
import { type ForestShape, readTrees, type TreesAsWritten } from "./read-trees.js";
import type { Step } from "./types.js";
import type { Stream } from "./stream.js";

const numbers = (node: OnnxNode, name: string): Float64Array => {
  const attribute = node.attributes.get(name);
  if (attribute?.floats.length) return attribute.floats;
  return attribute?.integers.length
    ? attribute.integers
    : (node.attributes.get(`${name}_as_tensor`)?.tensor?.values ?? new Float64Array(0));
};
const textOf = (node: OnnxNode, name: string): string => node.attributes.get(name)?.text || "NONE";

/** The lists of nodes that classifiers and regressors of versions 1 to 3 share; `prefix` names those of leaves. */
const asWritten = (node: OnnxNode, prefix: "class" | "target"): TreesAsWritten => ({
  trees: numbers(node, "nodes_treeids"),
  ids: numbers(node, "nodes_nodeids"),
  features: numbers(node, "nodes_featureids"),
  thresholds: numbers(node, "nodes_values"),
  modes: node.attributes.get("nodes_modes")?.texts ?? [],
  yes: numbers(node, "nodes_truenodeids"),
  no: numbers(node, "nodes_falsenodeids"),
  leafTrees: numbers(node, `${prefix}_treeids`),
  leafIds: numbers(node, `${prefix}_nodeids`),
  leafTargets: numbers(node, `${prefix}_ids`),
  leafWeights: numbers(node, `${prefix}_weights`),
});

/** One number per target, or nothing, which is zeros. */
function baseOf(node: OnnxNode, targets: number): Float64Array | null {
  const base = numbers(node, "base_values");
  if (base.length === 0) return new Float64Array(targets);
  return base.length === targets ? base : null;
}

const labelsOf = (node: OnnxNode): number =>
  (node.attributes.get("classlabels_int64s")?.integers.length ?? 0) ||
  (node.attributes.get("classlabels_strings")?.texts.length ?? 0);

function shapeOf(node: OnnxNode, { columns, element, single }: Stream, targets: number): ForestShape | null {
  const base = baseOf(node, targets);
  return (
    base && { inputs: columns, targets, base, sums: element === "float" ? "float32" : "rounded", single }
  );
}

/**
 * `TreeEnsembleClassifier` (ai.onnx.ml 1 to 3). Where two classes are told by one weight per leaf, that is the second class's, as runtimes take it; without
 * a transform the first is 1 − it where no weight is below 0, else −it.
 */
export function readTreeClassifier(node: OnnxNode, stream: Stream): readonly Step[] | string {
  const written = asWritten(node, "class");
  const labels = labelsOf(node);
  const post = textOf(node, "post_transform");
  const one = labels === 2 && new Set(written.leafTargets as Float64Array).size === 1;
  if (labels < 2) return "tells no classes apart";
  if (one && written.leafTargets[0] !== 0 && numbers(node, "base_values").length > 0)
    return "has a base value for a class that leaves do not name";
  const single = one ? { ...written, leafTargets: new Float64Array(written.leafTargets.length) } : written;
  const shape = shapeOf(node, stream, one ? 1 : labels);
  const forest = shape && readTrees(single, shape);
  if (!forest) return "has trees that ask, or base values that count, in an unusual way";
  const steps: Step[] = [{ kind: "forest", forest }];
  if (post === "SOFTMAX" && !one) return [...steps, { kind: "softmax" }];
  if (post !== "NONE" && post !== "LOGISTIC") return `ends in ${post}`;
  const positive = !forest.weight.some((weight) => weight < 0);
  if (one) steps.push({ kind: "both", complement: post === "NONE" && positive });
  return post === "LOGISTIC" ? [...steps, { kind: "elementwise", op: "Sigmoid" }] : steps;
}

/** `TreeEnsembleRegressor` (ai.onnx.ml 1 to 3): sums without a transform. */
export function readTreeRegressor(node: OnnxNode, stream: Stream): readonly Step[] | string {
  const targets = node.attributes.get("n_targets")?.integer ?? 1;
  const aggregate = node.attributes.get("aggregate_function")?.text || "SUM";
  if (aggregate !== "SUM" || textOf(node, "post_transform") !== "NONE") return "sums in an unusual way";
  if (!(targets >= 1 && targets <= 1000)) return malformed(`has trees of ${targets} outputs`);
  const shape = shapeOf(node, stream, targets);
  const forest = shape && readTrees(asWritten(node, "target"), shape);
  return forest
    ? [{ kind: "forest", forest }]
    : "has trees that ask, or base values that count, in an unusual way";
}
