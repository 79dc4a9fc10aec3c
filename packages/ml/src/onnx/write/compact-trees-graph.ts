import type { AttributeToWrite, TensorToWrite } from "../format/encode-model.js";
import type { Tree, TreeEnsembleModel } from "../../model/types.js";
import { doubles, type GraphPart } from "./graph-parts.js";

/** Inner nodes and leaves of all trees, numbered apart from one another. */
interface Lists {
  readonly roots: number[];
  readonly features: number[];
  readonly splits: number[];
  readonly children: Record<"left" | "right", number[]>;
  readonly areLeaves: Record<"left" | "right", number[]>;
  readonly weights: number[];
}

function append(lists: Lists, tree: Tree): void {
  const numbers = new Map<number, number>();
  let inner = lists.features.length;
  let leaf = lists.weights.length;
  tree.feature.forEach((feature, node) => {
    numbers.set(node, feature < 0 ? leaf++ : inner++);
  });
  lists.roots.push(lists.features.length);
  if ((tree.feature[0] as number) < 0) {
    // A tree is an inner node at least: one that asks, and gives the one leaf either way.
    lists.features.push(0);
    lists.splits.push(0);
    for (const side of ["left", "right"] as const) {
      lists.children[side].push(numbers.get(0) as number);
      lists.areLeaves[side].push(1);
    }
  }
  tree.feature.forEach((feature, node) => {
    if (feature < 0) return void lists.weights.push(tree.value[node] as number);
    lists.features.push(feature);
    lists.splits.push(tree.threshold[node] as number);
    for (const side of ["left", "right"] as const) {
      const child = tree[side][node] as number;
      lists.children[side].push(numbers.get(child) as number);
      lists.areLeaves[side].push((tree.feature[child] as number) < 0 ? 1 : 0);
    }
  });
}

const tensor = (element: TensorToWrite["element"], values: readonly number[]): AttributeToWrite => ({
  tensor: { name: "", element, dims: [values.length], values },
});

/** A `TreeEnsemble` (ai.onnx.ml 5) in float64: inner nodes and leaves in lists of their own take fewer bytes, and nothing is rounded. */
export function compactTreesGraph({ base, trees }: TreeEnsembleModel, input: string): GraphPart {
  const lists: Lists = {
    roots: [],
    features: [],
    splits: [],
    children: { left: [], right: [] },
    areLeaves: { left: [], right: [] },
    weights: [],
  };
  for (const tree of trees) append(lists, tree);
  if (trees.length === 0)
    append(lists, { feature: Int32Array.of(-1), value: Float64Array.of(0) } as unknown as Tree);
  const attributes: Record<string, AttributeToWrite> = {
    tree_roots: { integers: lists.roots },
    nodes_featureids: { integers: lists.features },
    nodes_modes: tensor(
      "uint8",
      lists.features.map(() => 0),
    ),
    nodes_splits: tensor("double", lists.splits),
    nodes_truenodeids: { integers: lists.children.left },
    nodes_trueleafs: { integers: lists.areLeaves.left },
    nodes_falsenodeids: { integers: lists.children.right },
    nodes_falseleafs: { integers: lists.areLeaves.right },
    leaf_targetids: { integers: lists.weights.map(() => 0) },
    leaf_weights: tensor("double", lists.weights),
    n_targets: { integer: 1 },
    aggregate_function: { integer: 1 },
    post_transform: { integer: 0 },
  };
  return {
    nodes: [
      { op: "TreeEnsemble", domain: "ai.onnx.ml", inputs: [input], outputs: ["sums"], attributes },
      { op: "Add", inputs: ["sums", "base"], outputs: ["logits"] },
    ],
    constants: [doubles("base", [1], [base])],
    output: "logits",
  };
}
