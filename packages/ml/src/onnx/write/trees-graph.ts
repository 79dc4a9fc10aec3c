import type { AttributeToWrite, NodeToWrite } from "../format/encode-model.js";
import { ELEMENT } from "../format/types.js";
import type { Tree, TreeEnsembleModel } from "../../model/types.js";
import { cast, doubles, type GraphPart } from "./graph-parts.js";

/** A tree that adds nothing, for models without trees: runtimes need one. */
const NOTHING: Tree = {
  feature: Int32Array.of(-1),
  threshold: Float32Array.of(0),
  left: Int32Array.of(-1),
  right: Int32Array.of(-1),
  value: Float64Array.of(0),
  cover: Float64Array.of(0),
};

const isLeaf = (tree: Tree, node: number): boolean => (tree.feature[node] as number) < 0;

function nodeLists(trees: readonly Tree[], cover: boolean): Record<string, AttributeToWrite> {
  const each = (of: (tree: Tree, node: number, number: number) => number): { integers: number[] } => ({
    integers: trees.flatMap((tree, number) => Array.from(tree.feature, (_, node) => of(tree, node, number))),
  });
  const child = (side: "left" | "right") => each((tree, node) => Math.max(0, tree[side][node] as number));
  return {
    nodes_treeids: each((_tree, _node, number) => number),
    nodes_nodeids: each((_tree, node) => node),
    nodes_featureids: each((tree, node) => Math.max(0, tree.feature[node] as number)),
    nodes_values: { floats: each((tree, node) => tree.threshold[node] as number).integers },
    nodes_modes: {
      texts: trees.flatMap((tree) => Array.from(tree.feature, (at) => (at < 0 ? "LEAF" : "BRANCH_LEQ"))),
    },
    nodes_truenodeids: child("left"),
    nodes_falsenodeids: child("right"),
    ...(cover && { nodes_hitrates: { floats: each((tree, node) => tree.cover[node] as number).integers } }),
  };
}

function leafLists(trees: readonly Tree[]): Record<string, AttributeToWrite> {
  const leaves = trees.flatMap((tree, number) =>
    Array.from(tree.feature, (_, node) => ({ tree: number, node, value: tree.value[node] as number })).filter(
      ({ node }) => isLeaf(tree, node),
    ),
  );
  return {
    class_treeids: { integers: leaves.map(({ tree }) => tree) },
    class_nodeids: { integers: leaves.map(({ node }) => node) },
    class_ids: { integers: leaves.map(() => 1) },
    class_weights: { floats: leaves.map(({ value }) => value) },
  };
}

/**
 * A `TreeEnsembleClassifier` of two classes, of which the second's score is the log-odds. It takes float64, so that leaves are summed in it;
 * the logistic function follows as a node of its own, since runtimes skip the built-in one where all trees are single leaves.
 */
export function classifierGraph(model: TreeEnsembleModel, input: string, cover: boolean): GraphPart {
  const trees = model.trees.length > 0 ? model.trees : [NOTHING];
  const ensemble: NodeToWrite = {
    op: "TreeEnsembleClassifier",
    domain: "ai.onnx.ml",
    inputs: [input],
    outputs: ["class", "margins"],
    attributes: {
      ...nodeLists(trees, cover),
      ...leafLists(trees),
      classlabels_int64s: { integers: [0, 1] },
      post_transform: { text: "NONE" },
    },
  };
  return {
    nodes: [
      ensemble,
      {
        op: "Gather",
        inputs: ["margins", "second"],
        outputs: ["margin"],
        attributes: { axis: { integer: 1 } },
      },
      cast("margin", "sums", ELEMENT.double),
      // Runtimes differ in what they make of one base value for two classes.
      { op: "Add", inputs: ["sums", "base"], outputs: ["logits"] },
    ],
    constants: [
      { name: "second", element: "int64", dims: [1], values: [1] },
      doubles("base", [1], [model.base]),
    ],
    output: "logits",
  };
}
