import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import type { Merges } from "./dendrogram.js";
import { chainedMerges } from "./neighbour-chain.js";

/** Up to so many rows distances are kept in float64, above in float32, which halves the memory. */
const EXACT = 5000;

/** Distances of all pairs i < j, row after row. */
function condensed({ data, rows, columns }: Matrix): Float64Array | Float32Array {
  const pairs = (rows * (rows - 1)) / 2;
  const distances = rows <= EXACT ? new Float64Array(pairs) : new Float32Array(pairs);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = i + 1; j < rows; j++) {
      distances[at++] = Math.sqrt(squaredBetween(data, i * columns, data, j * columns, columns));
    }
  }
  return distances;
}

/**
 * Average or complete linkage by nearest-neighbour chains with the update of Lance and Williams (1967). O(n²) time beside the distances; memory n²/2 numbers: float64 up to 5,000 rows, float32 above.
 */
export function matrixMerges(matrix: Matrix, linkage: "average" | "complete"): Merges {
  const { rows } = matrix;
  const distances = condensed(matrix);
  const place = (i: number, j: number): number =>
    i < j ? (i * (2 * rows - i - 1)) / 2 + j - i - 1 : (j * (2 * rows - j - 1)) / 2 + i - j - 1;
  const size = new Int32Array(rows).fill(1);
  return chainedMerges(rows, {
    nearest(at, active, previous) {
      let to = previous;
      let distance = previous >= 0 ? (distances[place(at, previous)] as number) : Number.POSITIVE_INFINITY;
      for (let i = 0; i < active.length; i++) {
        const other = active[i] as number;
        if (other === at) continue;
        const found = distances[place(at, other)] as number;
        if (found < distance) {
          distance = found;
          to = other;
        }
      }
      return { to, distance };
    },
    join(a, b, active) {
      const [m, n] = [size[a] as number, size[b] as number];
      for (let i = 0; i < active.length; i++) {
        const other = active[i] as number;
        if (other === a || other === b) continue;
        const [fromA, fromB] = [distances[place(a, other)] as number, distances[place(b, other)] as number];
        distances[place(b, other)] =
          linkage === "average" ? (m * fromA + n * fromB) / (m + n) : Math.max(fromA, fromB);
      }
      size[b] = m + n;
    },
  });
}
