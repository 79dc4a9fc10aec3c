import { AttuneError } from "@attune/core";
import { checkTrees } from "../model/check-trees.js";
import type { LinearModel, PredictiveModel, Tree, TreeEnsembleModel } from "../model/types.js";

/** What each input adds to a score: `base` + the values of a row's output sum to its log-odds (or logit). */
export interface Contributions {
  /** One per output: the score of a row of which nothing is known. */
  readonly base: Float64Array;
  /** n × outputs × inputs, row-major, in log-odds. */
  readonly values: Float64Array;
}

/** A way from the root: which columns it asked, and the shares of all orders of columns that come along here, by how many of them are known. */
interface Path {
  readonly column: Int32Array;
  /** Share of the training rows that go this way where the column is not known. */
  readonly zero: Float64Array;
  /** 1 where the row itself goes this way, else 0. */
  readonly one: Float64Array;
  readonly weight: Float64Array;
}

/** The path of one level more; its room begins right after the parent's, so that coming back needs no undoing. */
function extend(
  path: Path,
  at: { from: number; start: number; length: number },
  step: { zero: number; one: number; column: number },
): void {
  const { from, start, length } = at;
  for (const part of [path.column, path.zero, path.one, path.weight])
    part.copyWithin(start, from, from + length);
  path.column[start + length] = step.column;
  path.zero[start + length] = step.zero;
  path.one[start + length] = step.one;
  path.weight[start + length] = length === 0 ? 1 : 0;
  const size = length + 1;
  for (let i = length - 1; i >= 0; i--) {
    (path.weight[start + i + 1] as number) +=
      (step.one * (path.weight[start + i] as number) * (i + 1)) / size;
    path.weight[start + i] = (step.zero * (path.weight[start + i] as number) * (length - i)) / size;
  }
}

/** Takes a column out of a path of `length` again. */
function unwind(path: Path, start: number, { length, index }: { length: number; index: number }): void {
  const { weight } = path;
  const [one, zero] = [path.one[start + index] as number, path.zero[start + index] as number];
  let next = weight[start + length - 1] as number;
  for (let i = length - 2; i >= 0; i--) {
    const old = weight[start + i] as number;
    if (one !== 0) {
      weight[start + i] = (next * length) / ((i + 1) * one);
      next = old - ((weight[start + i] as number) * zero * (length - 1 - i)) / length;
    } else weight[start + i] = (old * length) / (zero * (length - 1 - i));
  }
  for (const part of [path.column, path.zero, path.one])
    part.copyWithin(start + index, start + index + 1, start + length);
}

/** Σ of the weights as they were without this column. */
function unwoundSum(path: Path, start: number, { length, index }: { length: number; index: number }): number {
  const [one, zero] = [path.one[start + index] as number, path.zero[start + index] as number];
  let next = path.weight[start + length - 1] as number;
  let sum = 0;
  for (let i = length - 2; i >= 0; i--) {
    if (one !== 0) {
      const part = (next * length) / ((i + 1) * one);
      sum += part;
      next = (path.weight[start + i] as number) - (part * zero * (length - 1 - i)) / length;
    } else sum += ((path.weight[start + i] as number) * length) / (zero * (length - 1 - i));
  }
  return sum;
}

/** Greatest number of splits above a leaf. */
function depthOf({ feature, left, right }: Tree, node = 0): number {
  if ((feature[node] as number) < 0) return 0;
  return (
    1 +
    Math.max(
      depthOf({ feature, left, right } as Tree, left[node]),
      depthOf({ feature, left, right } as Tree, right[node]),
    )
  );
}

/** Adds the Shapley values of one tree for one row, rounded to float32, to `into` (Lundberg, Erion and Lee 2018, algorithm 2). */
function addTree(
  tree: Tree,
  row: Float32Array,
  into: { values: Float64Array; offset: number; path: Path },
): void {
  const { feature, threshold, left, right, value, cover } = tree;
  const { values, offset, path } = into;
  const visit = (
    node: number,
    at: { from: number; start: number; length: number },
    step: { zero: number; one: number; column: number },
  ): void => {
    extend(path, at, step);
    const { start } = at;
    let length = at.length + 1;
    const column = feature[node] as number;
    if (column < 0) {
      for (let index = 1; index < length; index++) {
        const share = unwoundSum(path, start, { length, index });
        const by = (path.one[start + index] as number) - (path.zero[start + index] as number);
        (values[offset + (path.column[start + index] as number)] as number) +=
          share * by * (value[node] as number);
      }
      return;
    }
    const isLeft = (row[column] as number) <= (threshold[node] as number);
    const [hot, cold] = (isLeft ? [left[node], right[node]] : [right[node], left[node]]) as [number, number];
    let [zero, one] = [1, 1];
    for (let index = 1; index < length; index++) {
      if (path.column[start + index] !== column) continue;
      [zero, one] = [path.zero[start + index] as number, path.one[start + index] as number];
      unwind(path, start, { length, index });
      length--;
      break;
    }
    const all = cover[node] as number;
    const next = { from: start, start: start + length, length };
    visit(hot, next, { zero: (zero * (cover[hot] as number)) / all, one, column });
    visit(cold, next, { zero: (zero * (cover[cold] as number)) / all, one: 0, column });
  };
  visit(0, { from: 0, start: 0, length: 0 }, { zero: 1, one: 1, column: -1 });
}

function ofTrees(model: TreeEnsembleModel, rows: Float64Array): Contributions {
  checkTrees(model);
  const { inputs, trees } = model;
  trees.forEach(({ feature, cover }, i) => {
    if (feature.every((column, node) => column < 0 || (cover[node] as number) > 0)) return;
    throw new AttuneError(
      "ATTUNE_ML_NO_CONTRIBUTIONS",
      "This tree does not say how many training rows came through its nodes, without which no share can be given.",
      { path: `/model/trees/${i}/cover` },
    );
  });
  const deepest = trees.reduce((depth, tree) => Math.max(depth, depthOf(tree)), 0) + 2;
  const room = (deepest * (deepest + 1)) / 2 + deepest;
  const path: Path = {
    ...{ column: new Int32Array(room), zero: new Float64Array(room) },
    ...{ one: new Float64Array(room), weight: new Float64Array(room) },
  };
  const values = new Float64Array(rows.length);
  const row = new Float32Array(inputs);
  for (let offset = 0; offset < rows.length; offset += inputs) {
    row.set(rows.subarray(offset, offset + inputs));
    for (const tree of trees) addTree(tree, row, { values, offset, path });
  }
  return { base: Float64Array.of(trees.reduce((sum, tree) => sum + meanOf(tree), model.base)), values };
}

/** What a tree says of a row of which nothing is known: the mean of its leaves by cover. */
function meanOf({ feature, left, right, value, cover }: Tree): number {
  const mean = (node: number): number => {
    if ((feature[node] as number) < 0) return value[node] as number;
    const [a, b] = [left[node] as number, right[node] as number];
    return ((cover[a] as number) * mean(a) + (cover[b] as number) * mean(b)) / (cover[node] as number);
  };
  return mean(0);
}

function ofLinear(
  { inputs, outputs, weights, intercepts }: LinearModel,
  rows: Float64Array,
  means: ArrayLike<number>,
): Contributions {
  const count = rows.length / inputs;
  const base = intercepts.slice();
  for (let k = 0; k < outputs; k++)
    for (let j = 0; j < inputs; j++)
      (base[k] as number) += (weights[k * inputs + j] as number) * (means[j] as number);
  const values = new Float64Array(count * outputs * inputs);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < outputs; k++)
      for (let j = 0; j < inputs; j++)
        values[(i * outputs + k) * inputs + j] =
          (weights[k * inputs + j] as number) * ((rows[i * inputs + j] as number) - (means[j] as number));
  return { base, values };
}

/**
 * What each input adds to the log-odds of each row, exactly: for a linear model weight × (x − mean), for trees the Shapley values over the ways that training rows went
 * (path-dependent TreeSHAP: Lundberg et al. 2020), O(trees × leaves × depth²) a row.
 *
 * @param rows n × inputs, row-major.
 * @param means Of the training rows, one an input, for a linear model (default 0: beside a row of zeros). Reports of training have them.
 * @throws AttuneError `ATTUNE_ML_BAD_SHAPE`; `ATTUNE_ML_BAD_MODEL`; `ATTUNE_ML_NO_CONTRIBUTIONS` for a network, or for trees without cover.
 */
export function contributions(
  model: PredictiveModel,
  rows: Float64Array,
  means?: ArrayLike<number>,
): Contributions {
  if (!Number.isInteger(rows.length / model.inputs)) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `${rows.length} numbers are no whole number of rows of ${model.inputs}.`,
      {
        path: "/rows",
      },
    );
  }
  if (means !== undefined && means.length !== model.inputs) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `There are ${means.length} means for ${model.inputs} inputs.`,
      {
        path: "/means",
      },
    );
  }
  if (model.kind === "linear") return ofLinear(model, rows, means ?? new Float64Array(model.inputs));
  if (model.kind === "trees") return ofTrees(model, rows);
  throw new AttuneError(
    "ATTUNE_ML_NO_CONTRIBUTIONS",
    "A network's score has no exact contributions that are quick to find: train a linear model or trees where a score has to be explained.",
    { path: "/model" },
  );
}
