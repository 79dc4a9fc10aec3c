import type { RandomSource } from "@attune/core";
import type { Matrix } from "../../data/points.js";
import { sampleRows, takeRows } from "../geometry/sample-rows.js";
import { inertiaOf, lloyd } from "./lloyd.js";
import { assignPoints, newBounds } from "./bounds.js";
import { seedCentroids } from "./seed-centroids.js";

/** Rows that starts are tried on; the judges are others, so that a start is not liked for what it was fitted to. */
const TRIED = 4000;

/**
 * Where to start from: each of `starts` runs is seeded and settled on a sample of its own, and judged on one that all share (after Bradley and
 * Fayyad 1998). A bad optimum is then left behind for the price of a few thousand rows, not of all. O(starts · min(n, 4000) · k · d · iterations).
 */
export function bestStart(
  matrix: Matrix,
  k: number,
  { starts, random }: { starts: number; random: RandomSource },
): Float64Array {
  const size = Math.max(TRIED, 50 * k);
  if (starts === 1 && matrix.rows <= size) return seedCentroids(matrix, k, random);
  const judges = takeRows(matrix, sampleRows(matrix.rows, size, random));
  let best = new Float64Array(0);
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start < starts; start++) {
    const tried = matrix.rows <= size ? judges : takeRows(matrix, sampleRows(matrix.rows, size, random));
    const seeds = seedCentroids(tried, k, random);
    const { centroids } = lloyd(tried, seeds, { maxIterations: 50, tolerance: 0 });
    const bounds = newBounds(judges.rows);
    assignPoints(judges, centroids, bounds);
    const inertia = inertiaOf(judges, centroids, bounds.labels);
    if (inertia < least) {
      least = inertia;
      best = centroids as Float64Array<ArrayBuffer>;
    }
  }
  return best;
}
