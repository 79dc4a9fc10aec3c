import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import type { Merges } from "./dendrogram.js";

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
 * Average or complete linkage by nearest-neighbour chains (Murtagh 1983) with the update of Lance and Williams (1967). O(n²) time beside the
 * distances; memory n²/2 numbers: float64 up to 5,000 rows, float32 above.
 */
export function chainMerges(matrix: Matrix, linkage: "average" | "complete"): Merges {
  const { rows } = matrix;
  const distances = condensed(matrix);
  const place = (i: number, j: number): number =>
    i < j ? (i * (2 * rows - i - 1)) / 2 + j - i - 1 : (j * (2 * rows - j - 1)) / 2 + i - j - 1;
  const size = new Int32Array(rows).fill(1);
  const active = Int32Array.from({ length: rows }, (_, i) => i);
  let left = rows;
  const chain = new Int32Array(rows);
  let length = 0;
  const merges: Merges = {
    from: new Int32Array(rows - 1),
    to: new Int32Array(rows - 1),
    weight: new Float64Array(rows - 1),
  };

  const merge = (a: number, b: number): void => {
    const [m, n] = [size[a] as number, size[b] as number];
    for (let i = 0; i < left; i++) {
      const other = active[i] as number;
      if (other === a || other === b) continue;
      const [fromA, fromB] = [distances[place(a, other)] as number, distances[place(b, other)] as number];
      distances[place(b, other)] =
        linkage === "average" ? (m * fromA + n * fromB) / (m + n) : Math.max(fromA, fromB);
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
    let to = previous;
    let least = previous >= 0 ? (distances[place(at, previous)] as number) : Number.POSITIVE_INFINITY;
    for (let i = 0; i < left; i++) {
      const other = active[i] as number;
      if (other === at) continue;
      const distance = distances[place(at, other)] as number;
      if (distance < least) {
        least = distance;
        to = other;
      }
    }
    if (to !== previous) {
      chain[length++] = to;
      continue;
    }
    length -= 2;
    const [low, high] = at < to ? [at, to] : [to, at];
    merges.from[step] = low;
    merges.to[step] = high;
    merges.weight[step++] = least;
    merge(low, high);
  }
  return merges;
}
