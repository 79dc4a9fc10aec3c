import { COLUMN_BITS, type ColumnRanks } from "./rank-columns.js";
import type { Tree } from "./types.js";

/**
 * Trees of one depth, filled up so that every leaf is at that depth, level after level: first the roots of all trees, then the two nodes below each, and so on. Node p of a level has
 * the nodes 2p and 2p + 1 of the next below it, whichever tree it is of.
 */
export interface PackedTrees {
  readonly depth: number;
  /** A multiple of {@link LANES}: what is left over are trees that add 0. */
  readonly count: number;
  /** count × (2^depth − 1): rank in the upper 16 bits, column in the {@link COLUMN_BITS} below. */
  readonly nodes: Int32Array;
  /** count × 2^depth, what each leaf adds. */
  readonly leaves: Float64Array;
}

/** Trees that are walked side by side, so that one waits for memory while others go on. */
const LANES = 8;

/** As many columns as their bits can tell apart, less one; also the bits themselves. */
const MOST_COLUMNS = 2 ** COLUMN_BITS - 1;

/** A rank that none is above. */
const ABOVE_ALL = 0xffff;

/** Deeper trees, and more places than this in all, are walked one by one. */
const DEEPEST = 10;
const MOST_PLACES = 1 << 18;

/** Splits above the deepest leaf. */
export function depthOf({ feature, left, right }: Tree): number {
  let deepest = 0;
  const open: [number, number][] = [[0, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next;
    deepest = Math.max(deepest, depth);
    if ((feature[node] as number) < 0) continue;
    open.push([left[node] as number, depth + 1], [right[node] as number, depth + 1]);
  }
  return deepest;
}

function place(tree: Tree, ranks: ColumnRanks, into: { packed: PackedTrees; number: number }): void {
  const { packed, number } = into;
  const { depth, count, nodes, leaves } = packed;
  const visit = (node: number, level: number, at: number): void => {
    if (level === depth) {
      leaves[at] = tree.value[node] as number;
      return;
    }
    const column = tree.feature[node] as number;
    const isLeaf = column < 0;
    // A leaf above the last level asks what all answer alike, and stands in all places below it.
    const rank = isLeaf ? ABOVE_ALL : ranks.rankOf(column, tree.threshold[node] as number);
    nodes[count * (2 ** level - 1) + at] = (rank << COLUMN_BITS) | (isLeaf ? 0 : column);
    visit(isLeaf ? node : (tree.left[node] as number), level + 1, 2 * at);
    visit(isLeaf ? node : (tree.right[node] as number), level + 1, 2 * at + 1);
  };
  visit(0, 0, number);
}

/**
 * Trees as blocks of one depth each, shallowest first; null where they are too deep or too many for that, or have too many columns or thresholds for 16 bits.
 */
export function packTrees(trees: readonly Tree[], inputs: number, ranks: ColumnRanks): PackedTrees[] | null {
  const depths = trees.map(depthOf);
  const places = depths.reduce((sum, depth) => sum + 2 ** depth, 0);
  if (
    inputs > MOST_COLUMNS ||
    ranks.most >= ABOVE_ALL ||
    Math.max(0, ...depths) > DEEPEST ||
    places > MOST_PLACES
  )
    return null;
  return [...new Set(depths)]
    .sort((a, b) => a - b)
    .map((depth) => {
      const own = trees.filter((_, i) => depths[i] === depth);
      const count = LANES * Math.ceil(own.length / LANES);
      const nodes = new Int32Array(count * (2 ** depth - 1)).fill(ABOVE_ALL << COLUMN_BITS);
      const packed = { depth, count, nodes, leaves: new Float64Array(count * 2 ** depth) };
      own.forEach((tree, i) => {
        place(tree, ranks, { packed, number: i });
      });
      return packed;
    });
}

/**
 * Sum of what all trees of a block add to a row.
 *
 * @param ranks As `ColumnRanks` writes them. O(count × depth).
 */
export function sumOf({ depth, count, nodes, leaves }: PackedTrees, ranks: Int32Array): number {
  const behind = (count << depth) - count;
  let sum = 0;
  for (let tree = 0; tree < count; tree += 8) {
    let [a, b, c, d] = [tree, tree + 1, tree + 2, tree + 3];
    let [e, f, g, h] = [tree + 4, tree + 5, tree + 6, tree + 7];
    // Where a level begins; each has twice the nodes of that before.
    for (let level = 0; level < behind; level = 2 * level + count) {
      const n0 = nodes[level + a] as number;
      const n1 = nodes[level + b] as number;
      const n2 = nodes[level + c] as number;
      const n3 = nodes[level + d] as number;
      const n4 = nodes[level + e] as number;
      const n5 = nodes[level + f] as number;
      const n6 = nodes[level + g] as number;
      const n7 = nodes[level + h] as number;
      // The sign of the difference says whether the row's rank is above the node's, to the right then, without a branch: columns below ranks change no order. Their
      // bits are written out, since a name is read from memory in every step.
      a = (a << 1) + ((n0 - (ranks[n0 & 0x7fff] as number)) >>> 31);
      b = (b << 1) + ((n1 - (ranks[n1 & 0x7fff] as number)) >>> 31);
      c = (c << 1) + ((n2 - (ranks[n2 & 0x7fff] as number)) >>> 31);
      d = (d << 1) + ((n3 - (ranks[n3 & 0x7fff] as number)) >>> 31);
      e = (e << 1) + ((n4 - (ranks[n4 & 0x7fff] as number)) >>> 31);
      f = (f << 1) + ((n5 - (ranks[n5 & 0x7fff] as number)) >>> 31);
      g = (g << 1) + ((n6 - (ranks[n6 & 0x7fff] as number)) >>> 31);
      h = (h << 1) + ((n7 - (ranks[n7 & 0x7fff] as number)) >>> 31);
    }
    const first =
      (leaves[a] as number) + (leaves[b] as number) + ((leaves[c] as number) + (leaves[d] as number));
    const last =
      (leaves[e] as number) + (leaves[f] as number) + ((leaves[g] as number) + (leaves[h] as number));
    sum += first + last;
  }
  return sum;
}
