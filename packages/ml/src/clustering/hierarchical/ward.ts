import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import type { Merges } from "./dendrogram.js";
import { chainedMerges } from "./neighbour-chain.js";

/**
 * Ward's (1963) linkage by nearest-neighbour chains over centroids: the distance of two clusters is √(2ab ÷ (a + b)) times that of their centroids, so no matrix of distances is kept. O(n² d) time, O(n · d)
 * memory.
 */
export function wardMerges({ data, rows, columns }: Matrix): Merges {
  const centroids = data.slice();
  const size = new Float64Array(rows).fill(1);
  const weightOf = (m: number, n: number): number => (2 * m * n) / (m + n);
  return chainedMerges(rows, {
    nearest(at, active, previous) {
      const own = size[at] as number;
      const from = at * columns;
      let to = previous;
      let least = Number.POSITIVE_INFINITY;
      if (previous >= 0)
        least =
          weightOf(own, size[previous] as number) *
          squaredBetween(centroids, from, centroids, previous * columns, columns);
      for (let i = 0; i < active.length; i++) {
        const other = active[i] as number;
        if (other === at) continue;
        const weight = weightOf(own, size[other] as number);
        // No sum goes on that cannot be the least any more.
        const limit = least / weight;
        let sum = 0;
        for (let c = 0, a = from, b = other * columns; c < columns && sum < limit; c++, a++, b++) {
          const difference = (centroids[a] as number) - (centroids[b] as number);
          sum += difference * difference;
        }
        if (sum >= limit) continue;
        const squared = weight * sum;
        if (squared < least) {
          least = squared;
          to = other;
        }
      }
      return { to, distance: Math.sqrt(least) };
    },
    join(a, b) {
      const [m, n] = [size[a] as number, size[b] as number];
      for (let c = 0; c < columns; c++) {
        const [from, to] = [a * columns + c, b * columns + c];
        centroids[to] = (m * (centroids[from] as number) + n * (centroids[to] as number)) / (m + n);
      }
      size[b] = m + n;
    },
  });
}
