import type { Dendrogram } from "../hierarchical/dendrogram.js";

/** Clusters of at least the least size, as they split with rising density λ = 1 ÷ distance. Cluster 0 is all rows. */
export interface CondensedTree {
  /** Per cluster: its parent (−1 for the first) and the λ at which it came to be. */
  readonly parent: readonly number[];
  readonly birth: readonly number[];
  readonly children: readonly (readonly number[])[];
  /** Largest λ at which a point fell out of the cluster, or it split. */
  readonly death: readonly number[];
  /** Σ (λ at which a row left − birth) over its rows: excess of mass. */
  readonly stability: readonly number[];
  /** Per row: the cluster it fell out of, and at which λ. */
  readonly home: Int32Array;
  readonly lambda: Float64Array;
}

interface Growing {
  readonly parent: number[];
  readonly birth: number[];
  readonly children: number[][];
  readonly death: number[];
  readonly stability: number[];
}

const newCluster = (tree: Growing, parent: number, birth: number): number => {
  tree.parent.push(parent);
  tree.birth.push(birth);
  tree.children.push([]);
  tree.death.push(birth);
  tree.stability.push(0);
  const cluster = tree.parent.length - 1;
  if (parent >= 0) (tree.children[parent] as number[]).push(cluster);
  return cluster;
};

/** Largest finite λ: duplicates lie at an infinite one, which no sum bears. */
function densest({ height }: Dendrogram): number {
  const least = height.find((value) => value > 0);
  return least === undefined ? 1 : 2 / least;
}

/**
 * Condenses a dendrogram (Campello, Moulavi and Sander 2013): a split of which one side is smaller than `minClusterSize` is no split, its rows
 * fall out. O(n).
 */
export function condense(dendrogram: Dendrogram, minClusterSize: number): CondensedTree {
  const { rows, left, right, height, size } = dendrogram;
  const most = densest(dendrogram);
  const tree: Growing = { parent: [], birth: [], children: [], death: [], stability: [] };
  const home = new Int32Array(rows);
  const lambda = new Float64Array(rows);
  const sizeOf = (node: number): number => (node < rows ? 1 : (size[node - rows] as number));
  const leave = (cluster: number, at: number, count: number): void => {
    tree.stability[cluster]! += (at - (tree.birth[cluster] as number)) * count;
    if (at > (tree.death[cluster] as number)) tree.death[cluster] = at;
  };
  const fallOut = (node: number, cluster: number, at: number): void => {
    const below = [node];
    for (let next = below.pop(); next !== undefined; next = below.pop()) {
      if (next >= rows) {
        below.push(left[next - rows] as number, right[next - rows] as number);
        continue;
      }
      home[next] = cluster;
      lambda[next] = at;
      leave(cluster, at, 1);
    }
  };

  const open: [node: number, cluster: number][] = [[rows * 2 - 2, newCluster(tree, -1, 0)]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, cluster] = next;
    if (node < rows) {
      fallOut(node, cluster, most);
      continue;
    }
    const distance = height[node - rows] as number;
    const at = distance > 0 ? Math.min(most, 1 / distance) : most;
    const sides = [left[node - rows] as number, right[node - rows] as number];
    const large = sides.filter((side) => sizeOf(side) >= minClusterSize);
    if (large.length === 2) {
      for (const side of sides) {
        leave(cluster, at, sizeOf(side));
        open.push([side, newCluster(tree, cluster, at)]);
      }
      continue;
    }
    for (const side of sides) {
      if (side === large[0]) open.push([side, cluster]);
      else fallOut(side, cluster, at);
    }
  }
  return { ...tree, home, lambda };
}

/** Clusters that are kept: by excess of mass the most stable ones of which none holds another, or the leaves. */
export function selectClusters(
  { parent, children, stability }: CondensedTree,
  { selection, allowSingleCluster }: { selection: "excess-of-mass" | "leaf"; allowSingleCluster: boolean },
): number[] {
  const first = allowSingleCluster ? 0 : 1;
  const best = [...stability];
  const isChosen = parent.map((_, cluster) => cluster >= first);
  for (let cluster = parent.length - 1; cluster >= first; cluster--) {
    const below = children[cluster] as readonly number[];
    if (below.length === 0) continue;
    const sum = below.reduce((total, child) => total + (best[child] as number), 0);
    if (selection === "leaf" || sum > (best[cluster] as number)) {
      isChosen[cluster] = false;
      best[cluster] = sum;
    }
  }
  // The topmost of those that hold each other.
  const covered = new Uint8Array(parent.length);
  const chosen: number[] = [];
  for (let cluster = 0; cluster < parent.length; cluster++) {
    const above = parent[cluster] as number;
    covered[cluster] = above >= 0 && (covered[above] || isChosen[above]) ? 1 : 0;
    if (isChosen[cluster] && !covered[cluster]) chosen.push(cluster);
  }
  return chosen;
}
