/** Disjoint sets over 0 … n − 1 with path halving and union by size (Tarjan 1975). */
export interface UnionFind {
  find(item: number): number;
  /** Joins two sets; the root of the joint one. */
  union(a: number, b: number): number;
  sizeOf(root: number): number;
}

export function createUnionFind(n: number): UnionFind {
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const size = new Int32Array(n).fill(1);
  const find = (item: number): number => {
    let at = item;
    while ((parent[at] as number) !== at) {
      const above = parent[parent[at] as number] as number;
      parent[at] = above;
      at = above;
    }
    return at;
  };
  return {
    find,
    union(a, b) {
      let big = find(a);
      let small = find(b);
      if (big === small) return big;
      if ((size[big] as number) < (size[small] as number)) [big, small] = [small, big];
      parent[small] = big;
      size[big] = (size[big] as number) + (size[small] as number);
      return big;
    },
    sizeOf: (root) => size[root] as number,
  };
}
