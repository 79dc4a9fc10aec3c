import type { RandomSource } from "@attune/core";
import { portableLogistic } from "../../model/portable-exp.js";
import type { Tree } from "../../model/types.js";
import { indicesOf } from "../folds.js";
import type { BinnedColumns } from "./bin-columns.js";
import { asTree, type GrowthRules, growTree, leavesOf, newWorkshop } from "./grow-tree.js";

export interface BoostingRules extends GrowthRules {
  readonly learningRate: number;
  /** Shares of rows and of columns that a tree is grown on, in (0, 1]. */
  readonly rowShare: number;
  readonly columnShare: number;
}

/** A boosting under way: one more tree with each step. */
export interface Booster {
  readonly base: number;
  readonly trees: Tree[];
  /** Per tree the gain of each node's split; 0 for leaves. */
  readonly gains: Float64Array[];
  /** Log-odds of all rows so far, those that it does not learn from as well. */
  readonly scores: Float64Array;
  /** Nodes of all trees. */
  nodes(): number;
  /** Grows one more tree; leaves it off where there is nothing to split, or all trees together would have more nodes than this. */
  step(maxNodes: number): void;
}

/** What a booster learns from. */
export interface BoosterInput {
  readonly binned: BinnedColumns;
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
  /** Rows that it learns from. */
  readonly rows: Int32Array;
}

/**
 * Draws `count` of some values at random without repetition, in the order given, so that memory is read in order. Each draw is written over the one before, and may be
 * reordered until then.
 */
function createSampler(from: Int32Array, count: number, random: RandomSource): () => Int32Array {
  const result = new Int32Array(Math.min(count, from.length));
  if (count >= from.length) {
    return () => {
      result.set(from);
      return result;
    };
  }
  const all = indicesOf(from.length);
  const places = all.slice();
  const isTaken = new Uint8Array(from.length);
  return () => {
    places.set(all);
    isTaken.fill(0);
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(random() * (from.length - i));
      isTaken[places[j] as number] = 1;
      places[j] = places[i] as number;
    }
    let next = 0;
    for (let place = 0; place < from.length; place++)
      if (isTaken[place] === 1) result[next++] = from[place] as number;
    return result;
  };
}

/** Log-odds of the share of ones among the rows. */
function baseOf({ labels, weights, rows }: BoosterInput): number {
  let [ones, all] = [0, 0];
  for (const row of rows) {
    all += weights[row] as number;
    ones += (weights[row] as number) * (labels[row] as number);
  }
  return Math.log(ones / (all - ones));
}

/** Newton boosting of the logistic loss (Friedman 2001; Chen and Guestrin 2016). A step is O(rows × columns × depth) at most. */
export function createBooster(input: BoosterInput, rules: BoostingRules, random: RandomSource): Booster {
  const { binned, labels, weights, rows } = input;
  const count = labels.length;
  const base = baseOf(input);
  const scores = new Float64Array(count).fill(base);
  const gradients = { gradient: new Float64Array(count), hessian: new Float64Array(count) };
  const learned = new Float64Array(count);
  for (const row of rows) learned[row] = weights[row] as number;
  const workshop = newWorkshop(count);
  const allColumns = indicesOf(binned.cuts.length);
  const sampleRows = createSampler(rows, Math.max(1, Math.round(rules.rowShare * rows.length)), random);
  const columnCount = Math.max(1, Math.round(rules.columnShare * allColumns.length));
  const sampleColumns = createSampler(allColumns, columnCount, random);
  const trees: Tree[] = [];
  const gains: Float64Array[] = [];
  let nodes = 0;
  return {
    ...{ base, trees, gains, scores },
    nodes: () => nodes,
    step(maxNodes) {
      for (const row of rows) {
        const p = portableLogistic(scores[row] as number);
        const weight = weights[row] as number;
        gradients.gradient[row] = weight * (p - (labels[row] as number));
        gradients.hessian[row] = weight * p * (1 - p);
      }
      const sample = sampleRows();
      const columns = sampleColumns();
      const grown = growTree(binned, gradients, { rows: sample, columns, rules, workshop });
      const own = grown.nodes.length;
      if (own === 1 || nodes + own > maxNodes) return;
      nodes += own;
      const leaves = leavesOf(grown, binned, count);
      const tree = asTree(grown, binned, { learningRate: rules.learningRate, leaves, weights: learned });
      for (let row = 0; row < count; row++)
        (scores[row] as number) += tree.value[leaves[row] as number] as number;
      trees.push(tree);
      gains.push(Float64Array.from(grown.nodes, ({ gain }) => gain));
    },
  };
}
