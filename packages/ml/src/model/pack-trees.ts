import type { ColumnRanks } from "./rank-columns.js";
import type { Tree } from "./types.js";

/**
 * Trees of one depth, filled up so that every leaf is at that depth: node i has the children 2i and 2i + 1, the root is 1. Groups of {@link LANES} trees lie interleaved: node i
 * of all of them, then node i + 1.
 */
export interface PackedTrees {
  readonly depth: number;
  /** A multiple of {@link LANES}: what is left over are trees that add 0. */
  readonly count: number;
  /** count × 2^depth: column in the upper 16 bits, rank in the lower. */
  readonly nodes: Int32Array;
  /** count × 2^depth, what each leaf adds. */
  readonly leaves: Float64Array;
}

/** Trees that are walked side by side, so that one waits for memory while others go on. */
export const LANES = 8;

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
  const size = 2 ** packed.depth;
  const lane = number % LANES;
  const start = (number - lane) * size + lane;
  const visit = (node: number, at: number): void => {
    const column = tree.feature[node] as number;
    const isLeaf = column < 0;
    if (at >= size) {
      packed.leaves[start + LANES * (at - size)] = tree.value[node] as number;
      return;
    }
    // A leaf above the last level asks what all answer alike, and stands in all places below it.
    packed.nodes[start + LANES * at] = isLeaf
      ? 0xffff
      : (column << 16) | ranks.rankOf(column, tree.threshold[node] as number);
    visit(isLeaf ? node : (tree.left[node] as number), 2 * at);
    visit(isLeaf ? node : (tree.right[node] as number), 2 * at + 1);
  };
  visit(0, 1);
}

/**
 * Trees as blocks of one depth each, shallowest first; null where they are too deep or too many for that, or have too many columns or thresholds for 16 bits.
 */
export function packTrees(trees: readonly Tree[], inputs: number, ranks: ColumnRanks): PackedTrees[] | null {
  const depths = trees.map(depthOf);
  const places = depths.reduce((sum, depth) => sum + 2 ** depth, 0);
  if (inputs > 0x7fff || ranks.most >= 0xffff || Math.max(0, ...depths) > DEEPEST || places > MOST_PLACES)
    return null;
  return [...new Set(depths)]
    .sort((a, b) => a - b)
    .map((depth) => {
      const own = trees.filter((_, i) => depths[i] === depth);
      const count = LANES * Math.ceil(own.length / LANES);
      const nodes = new Int32Array(count * 2 ** depth).fill(0xffff);
      const packed = { depth, count, nodes, leaves: new Float64Array(nodes.length) };
      own.forEach((tree, i) => {
        place(tree, ranks, { packed, number: i });
      });
      return packed;
    });
}

/** Sum of what all trees of a block add to a row of these ranks. O(count × depth). */
export function sumOf({ depth, count, nodes, leaves }: PackedTrees, ranks: Int32Array): number {
  const size = LANES << depth;
  let sum = 0;
  for (let start = 0; start < count << depth; start += size) {
    // Places of the roots; the children of place p of lane l are 2p − l and 8 places on.
    let [a, b, c, d, e, f, g, h] = [8, 9, 10, 11, 12, 13, 14, 15];
    for (let level = 0; level < depth; level++) {
      const n0 = nodes[start + a] as number;
      const n1 = nodes[start + b] as number;
      const n2 = nodes[start + c] as number;
      const n3 = nodes[start + d] as number;
      const n4 = nodes[start + e] as number;
      const n5 = nodes[start + f] as number;
      const n6 = nodes[start + g] as number;
      const n7 = nodes[start + h] as number;
      // The sign of threshold − value says whether the value is above it: to the right, without a branch.
      a = (a << 1) + ((((n0 & 0xffff) - (ranks[n0 >> 16] as number)) >> 28) & 8);
      b = (b << 1) - 1 + ((((n1 & 0xffff) - (ranks[n1 >> 16] as number)) >> 28) & 8);
      c = (c << 1) - 2 + ((((n2 & 0xffff) - (ranks[n2 >> 16] as number)) >> 28) & 8);
      d = (d << 1) - 3 + ((((n3 & 0xffff) - (ranks[n3 >> 16] as number)) >> 28) & 8);
      e = (e << 1) - 4 + ((((n4 & 0xffff) - (ranks[n4 >> 16] as number)) >> 28) & 8);
      f = (f << 1) - 5 + ((((n5 & 0xffff) - (ranks[n5 >> 16] as number)) >> 28) & 8);
      g = (g << 1) - 6 + ((((n6 & 0xffff) - (ranks[n6 >> 16] as number)) >> 28) & 8);
      h = (h << 1) - 7 + ((((n7 & 0xffff) - (ranks[n7 >> 16] as number)) >> 28) & 8);
    }
    const at = start - size;
    sum +=
      (leaves[at + a] as number) +
      (leaves[at + b] as number) +
      (leaves[at + c] as number) +
      (leaves[at + d] as number) +
      (leaves[at + e] as number) +
      (leaves[at + f] as number) +
      (leaves[at + g] as number) +
      (leaves[at + h] as number);
  }
  return sum;
}
