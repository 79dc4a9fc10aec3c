import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { centroidsOf } from "../result.js";

/** Points at which the density along the line is read. */
const STEPS = 41;
/** Neighbours of each cluster that are looked at. */
const NEAREST = 3;

interface Side {
  readonly positions: Float64Array;
  readonly spread: number;
}

/** Where rows lie along the line from one centroid (0) to the other (1). */
function along(
  { data, columns }: Matrix,
  rows: readonly number[],
  [from, to]: readonly [Float64Array, Float64Array],
): Side {
  const length = squaredBetween(from, 0, to, 0, columns);
  const positions = Float64Array.from(rows, (row) => {
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const start = from[c] as number;
      sum += ((data[row * columns + c] as number) - start) * ((to[c] as number) - start);
    }
    return sum / length;
  });
  const mean = positions.reduce((sum, value) => sum + value, 0) / positions.length;
  const variance = positions.reduce((sum, value) => sum + (value - mean) ** 2, 0) / positions.length;
  return { positions, spread: Math.sqrt(variance) };
}

/** Lowest point of the density between two peaks, over the lower peak; 1 where there is no valley. Both sides weigh the same. */
function valleyOf(a: Side, b: Side): number {
  const fewest = Math.min(a.positions.length, b.positions.length);
  // Silverman (1986), by the narrower side; never narrower than the steps can see.
  const width = Math.max(0.9 * Math.min(a.spread, b.spread) * fewest ** -0.2, 0.04);
  const density = Float64Array.from({ length: STEPS }, (_, step) => {
    const at = -0.25 + (1.5 * step) / (STEPS - 1);
    return [a, b].reduce((sum, { positions }) => {
      let own = 0;
      for (const position of positions) own += Math.exp(-(((at - position) / width) ** 2) / 2);
      return sum + own / positions.length;
    }, 0);
  });
  const peaks = Float64Array.from(density);
  for (let step = STEPS - 2; step >= 0; step--) {
    peaks[step] = Math.max(peaks[step] as number, peaks[step + 1] as number);
  }
  let least = 1;
  let before = density[0] as number;
  for (let step = 1; step < STEPS - 1; step++) {
    const lower = Math.min(before, peaks[step + 1] as number);
    if (lower > 1e-12) least = Math.min(least, (density[step] as number) / lower);
    before = Math.max(before, density[step] as number);
  }
  return least;
}

/**
 * How shallow the shallowest valley between neighbouring clusters is: the rows of two clusters are projected on the line between their centroids,
 * and the least density between both peaks is compared with the lower peak. Near 0 where clusters are apart, near 1 where a border cuts through rows
 * that lie equally dense on both sides. Each cluster is compared with its three nearest. O(clusters · n).
 */
export function shallowestValley(matrix: Matrix, labels: Int32Array, clusters: number): number {
  const { columns } = matrix;
  const centroids = centroidsOf(matrix, labels, clusters);
  const members = Array.from({ length: clusters }, (): number[] => []);
  labels.forEach((label, row) => {
    if (label >= 0) (members[label] as number[]).push(row);
  });
  const centroid = (k: number): Float64Array => centroids.subarray(k * columns, (k + 1) * columns);
  let worst = 0;
  for (let a = 0; a < clusters; a++) {
    const others = Array.from({ length: clusters }, (_, b) => b).filter((b) => b !== a);
    const distance = (b: number): number =>
      squaredBetween(centroids, a * columns, centroids, b * columns, columns);
    others.sort((x, y) => distance(x) - distance(y));
    for (const b of others.slice(0, NEAREST)) {
      if (distance(b) === 0) return 1;
      const line = [centroid(a), centroid(b)] as const;
      const [own, other] = [members[a] as number[], members[b] as number[]];
      worst = Math.max(worst, valleyOf(along(matrix, own, line), along(matrix, other, line)));
    }
  }
  return worst;
}
