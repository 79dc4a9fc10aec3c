import type { Matrix } from "../../data/points.js";
import type { Merges } from "./dendrogram.js";

/**
 * Ward's (1963) linkage by nearest-neighbour chains (Murtagh 1983) over centroids: the distance of two clusters is √(2ab ÷ (a + b)) times that of
 * their centroids, so no matrix of distances is kept. O(n² d) time, O(n · d) memory.
 */
export function wardMerges({ data, rows, columns }: Matrix): Merges {
  const centroids = data.slice();
  const size = new Float64Array(rows).fill(1);
  const active = Int32Array.from({ length: rows }, (_, i) => i);
  let left = rows;
  const chain = new Int32Array(rows);
  let length = 0;
  const merges: Merges = {
    from: new Int32Array(rows - 1),
    to: new Int32Array(rows - 1),
    weight: new Float64Array(rows - 1),
  };

  /** The nearest of a cluster, `previous` among equals, then the first. */
  const nearest = (at: number, previous: number): { to: number; squared: number } => {
    const own = size[at] as number;
    let to = previous;
    let least = Number.POSITIVE_INFINITY;
    if (previous >= 0) least = between(at, previous);
    const from = at * columns;
    for (let i = 0; i < left; i++) {
      const other = active[i] as number;
      if (other === at) continue;
      const weight = (2 * own * (size[other] as number)) / (own + (size[other] as number));
      const limit = least / weight;
      let sum = 0;
      for (let c = 0, a = from, b = other * columns; c < columns && sum < limit; c++, a++, b++) {
        const difference = (centroids[a] as number) - (centroids[b] as number);
        sum += difference * difference;
      }
      if (sum < limit) {
        const squared = weight * sum;
        if (squared < least) {
          least = squared;
          to = other;
        }
      }
    }
    return { to, squared: least };
  };
  const between = (a: number, b: number): number => {
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const difference = (centroids[a * columns + c] as number) - (centroids[b * columns + c] as number);
      sum += difference * difference;
    }
    const [m, n] = [size[a] as number, size[b] as number];
    return ((2 * m * n) / (m + n)) * sum;
  };
  const merge = (a: number, b: number): void => {
    const m = size[a] as number;
    const n = size[b] as number;
    for (let c = 0; c < columns; c++) {
      const [from, to] = [a * columns + c, b * columns + c];
      centroids[to] = (m * (centroids[from] as number) + n * (centroids[to] as number)) / (m + n);
    }
    size[b] = m + n;
    const at = active.subarray(0, left).indexOf(a);
    active.copyWithin(at, at + 1, left);
    left--;
  };

  for (let step = 0; step < rows - 1; ) {
    if (length === 0) chain[length++] = active[0] as number;
    const at = chain[length - 1] as number;
    const previous = length > 1 ? (chain[length - 2] as number) : -1;
    const { to, squared } = nearest(at, previous);
    if (to !== previous) {
      chain[length++] = to;
      continue;
    }
    length -= 2;
    const [low, high] = at < to ? [at, to] : [to, at];
    merges.from[step] = low;
    merges.to[step] = high;
    merges.weight[step++] = Math.sqrt(squared);
    merge(low, high);
  }
  return merges;
}
