import type { Matrix } from "../../data/points.js";
import { coreDistances } from "../density/core-distances.js";
import { squaredBetween } from "../geometry/distance.js";

/** Rows of a finer cluster that lie in one coarser. */
const WITHIN = 0.95;
/** Neighbours by which density is measured. */
const NEIGHBOURS = 20;
/** Density on the way from one peak to the other, over the lower peak, below which they are two. */
const DIP = 2 / 3;

/** For each finer cluster the coarser that holds it; −1 where none holds nearly all of it. Noise of the coarser does not count; what is all noise is its own. */
function holders(fine: Int32Array, clusters: number, coarse: Int32Array): Int32Array {
  const counts = Array.from({ length: clusters }, () => new Map<number, number>());
  fine.forEach((label, row) => {
    const held = coarse[row] as number;
    const own = counts[label] as Map<number, number>;
    if (held >= 0) own.set(held, (own.get(held) ?? 0) + 1);
  });
  return Int32Array.from(counts, (own, k) => {
    if (own.size === 0) return coarse.length + k;
    const total = [...own.values()].reduce((sum, count) => sum + count, 0);
    const most = [...own].sort((a, b) => b[1] - a[1])[0];
    return most !== undefined && most[1] >= WITHIN * total ? most[0] : -1;
  });
}

/** Radius of the peak of each cluster: the core distance below which a quarter of its rows lie. */
function peakRadii(core: Float64Array, labels: Int32Array, clusters: number): Float64Array {
  return Float64Array.from({ length: clusters }, (_, k) => {
    const own = core.filter((_radius, row) => labels[row] === k).sort();
    return own[Math.floor(0.25 * own.length)] ?? Number.POSITIVE_INFINITY;
  });
}

/** Least mutual reachability between each pair of clusters: how dense the best way across is. O(n² d). */
function crossings(
  { data, rows, columns }: Matrix,
  core: Float64Array,
  labels: Int32Array,
  clusters: number,
): Float64Array {
  const least = new Float64Array(clusters * clusters).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < rows; i++) {
    for (let j = i + 1; j < rows; j++) {
      const [a, b] = [labels[i] as number, labels[j] as number];
      if (a === b) continue;
      const at = a < b ? a * clusters + b : b * clusters + a;
      const known = least[at] as number;
      if ((core[i] as number) >= known || (core[j] as number) >= known) continue;
      const squared = squaredBetween(data, i * columns, data, j * columns, columns);
      if (squared < known * known)
        least[at] = Math.max(Math.sqrt(squared), core[i] as number, core[j] as number);
    }
  }
  return least;
}

/**
 * Whether a finer partition may stand for a coarser one of density: each of its clusters lies within one of the coarser, and wherever it splits one,
 * density dips on the way from one part to the other. A ring that is cut into arcs has no such dip. O(n² d).
 */
export function refines(
  matrix: Matrix,
  fine: { readonly labels: Int32Array; readonly clusters: number },
  coarse: Int32Array,
): boolean {
  const { labels, clusters } = fine;
  const holder = holders(labels, clusters, coarse);
  if (holder.includes(-1)) return false;
  const core = coreDistances(matrix, Math.min(NEIGHBOURS, matrix.rows));
  const radii = peakRadii(core, labels, clusters);
  const crossing = crossings(matrix, core, labels, clusters);
  for (let a = 0; a < clusters; a++) {
    for (let b = a + 1; b < clusters; b++) {
      if (holder[a] !== holder[b]) continue;
      const peak = Math.max(radii[a] as number, radii[b] as number);
      if ((peak / (crossing[a * clusters + b] as number)) ** matrix.columns > DIP) return false;
    }
  }
  return true;
}
