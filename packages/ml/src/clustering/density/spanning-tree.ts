import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { boxDistance } from "../geometry/boxes.js";
import { buildKdTree, type KdTree } from "../geometry/kd-tree.js";
import { createUnionFind, type UnionFind } from "../geometry/union-find.js";

/** Edges of a spanning tree, n − 1 of them, in no order. */
export interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
}

/** Up to so many rows every pair is looked at; above, the tree of boxes saves most. */
const PRIM = 2000;

const newEdges = (rows: number): Edges => ({
  from: new Int32Array(Math.max(0, rows - 1)),
  to: new Int32Array(Math.max(0, rows - 1)),
  weight: new Float64Array(Math.max(0, rows - 1)),
});

/** Prim (1957) over all pairs. O(n² d), memory O(n). */
export function primSpanningTree({ data, rows, columns }: Matrix, core: Float64Array): Edges {
  const edges = newEdges(rows);
  const least = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const source = new Int32Array(rows);
  const done = new Uint8Array(rows);
  let at = 0;
  for (let step = 0; step < rows - 1; step++) {
    done[at] = 1;
    const own = core[at] as number;
    let next = -1;
    let weight = Number.POSITIVE_INFINITY;
    for (let j = 0; j < rows; j++) {
      if (done[j]) continue;
      const distance = Math.sqrt(squaredBetween(data, at * columns, data, j * columns, columns));
      const reach = Math.max(own, core[j] as number, distance);
      if (reach < (least[j] as number)) {
        least[j] = reach;
        source[j] = at;
      }
      if (next < 0 || (least[j] as number) < weight) {
        weight = least[j] as number;
        next = j;
      }
    }
    edges.from[step] = source[next] as number;
    edges.to[step] = next;
    edges.weight[step] = weight;
    at = next;
  }
  return edges;
}

interface Round {
  readonly tree: KdTree;
  /** By place in leaf order. */
  readonly core: Float64Array;
  /** Least core distance below a node. */
  readonly leastCore: Float64Array;
  /** Component of each place in this round, and of a node if it is the same throughout, else −1. */
  readonly component: Int32Array;
  readonly nodeComponent: Int32Array;
  /** Best edge out of each component: weight, from, to (places). */
  readonly weight: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Component of each place and node, from the sets as they are. */
function label({ tree, component, nodeComponent }: Round, sets: UnionFind): void {
  for (let i = 0; i < tree.size; i++) component[i] = sets.find(i);
  for (let node = tree.nodes - 1; node >= 0; node--) {
    const other = tree.second[node] as number;
    const first = component[tree.start[node] as number] as number;
    let same = true;
    if (other >= 0) same = nodeComponent[node + 1] === first && nodeComponent[other] === first;
    else
      for (let i = tree.start[node] as number; same && i < (tree.end[node] as number); i++)
        same = component[i] === first;
    nodeComponent[node] = same ? first : -1;
  }
}

/** Looks from each point for the nearest of another component. */
function search(round: Round): void {
  const { tree, core, leastCore, component, nodeComponent, weight, from, to } = round;
  const { points, columns, start, end, second } = tree;
  let own = 0;
  let ownCore = 0;
  const visit = (node: number, at: number): void => {
    if (nodeComponent[node] === own) return;
    const other = second[node] as number;
    if (other < 0) {
      for (let i = start[node] as number; i < (end[node] as number); i++) {
        if (component[i] === own) continue;
        const distance = Math.sqrt(squaredBetween(points, i * columns, points, at * columns, columns));
        const reach = Math.max(distance, ownCore, core[i] as number);
        if (reach < (weight[own] as number)) {
          weight[own] = reach;
          from[own] = at;
          to[own] = i;
        }
      }
      return;
    }
    const bound = (child: number): number =>
      Math.max(
        Math.sqrt(boxDistance(tree, child, points, at * columns)),
        ownCore,
        leastCore[child] as number,
      );
    const a = bound(node + 1);
    const b = bound(other);
    const [near, nearBound, far, farBound] = a <= b ? [node + 1, a, other, b] : [other, b, node + 1, a];
    if (nearBound < (weight[own] as number)) visit(near, at);
    if (farBound < (weight[own] as number)) visit(far, at);
  };
  for (let at = 0; at < tree.size; at++) {
    own = component[at] as number;
    ownCore = core[at] as number;
    if (ownCore < (weight[own] as number)) visit(0, at);
  }
}

/** Borůvka (1926) with boxes (after March, Ram and Gray 2010): log n rounds, in each every component finds its nearest other. */
export function boruvkaSpanningTree(tree: KdTree, coreOfRow: Float64Array): Edges {
  const { size, nodes } = tree;
  const edges = newEdges(size);
  const sets = createUnionFind(size);
  const core = Float64Array.from(tree.rows, (row) => coreOfRow[row] as number);
  const leastCore = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = tree.start[node] as number; i < (tree.end[node] as number); i++)
      least = Math.min(least, core[i] as number);
    leastCore[node] = least;
  }
  const round: Round = {
    ...{ tree, core, leastCore, component: new Int32Array(size), nodeComponent: new Int32Array(nodes) },
    ...{ weight: new Float64Array(size), from: new Int32Array(size), to: new Int32Array(size) },
  };
  let made = 0;
  while (made < size - 1) {
    label(round, sets);
    round.weight.fill(Number.POSITIVE_INFINITY);
    search(round);
    for (let root = 0; root < size; root++) {
      if (round.component[root] !== root || round.weight[root] === Number.POSITIVE_INFINITY) continue;
      const a = round.from[root] as number;
      const b = round.to[root] as number;
      if (sets.find(a) === sets.find(b)) continue;
      sets.union(a, b);
      edges.from[made] = tree.rows[a] as number;
      edges.to[made] = tree.rows[b] as number;
      edges.weight[made++] = round.weight[root] as number;
    }
  }
  return edges;
}

/**
 * A minimum spanning tree by mutual reachability: the largest of the distance and both core distances (Campello, Moulavi and Sander 2013). Core
 * distances of 0 make it that of plain distances.
 */
export function spanningTree(matrix: Matrix, core: Float64Array, tree?: KdTree): Edges {
  return matrix.rows <= PRIM
    ? primSpanningTree(matrix, core)
    : boruvkaSpanningTree(tree ?? buildKdTree(matrix), core);
}
