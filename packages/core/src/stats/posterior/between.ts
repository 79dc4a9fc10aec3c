import { NODES, panelRule } from "../quadrature.js";
import type { Curve } from "./curve.js";
import { type Grid, makeGrid } from "./grid.js";

/** A distribution by itself. */
export interface Distribution {
  readonly grid: Grid;
  /** P(X ≤ point), for any point. */
  below(point: number): number;
}

/**
 * The value at a point of the polynomial through the 16 nodes of the panel that begins at index `start`, by the barycentric formula (Berrut and
 * Trefethen 2004): as good as at the nodes, and without an exponential.
 */
export function valueBetween(
  points: Float64Array,
  values: Float64Array,
  start: number,
  point: number,
): number {
  const { between } = panelRule();
  let sum = 0;
  let weights = 0;
  for (let j = 0, i = start; j < NODES; j++, i++) {
    const apart = point - (points[i] as number);
    if (apart === 0) return values[i] as number;
    const weight = (between[j] as number) / apart;
    sum += weight * (values[i] as number);
    weights += weight;
  }
  return sum / weights;
}

export function distributionOf(curve: Curve): Distribution {
  const grid = makeGrid([curve]);
  const { edges, points } = grid;
  const values = grid.below[0] as Float64Array;
  const last = edges.length - 1;
  /** Points come in order, so the panel is the last one or near it. */
  let panel = 0;
  return {
    grid,
    below(point) {
      if (point <= (edges[0] as number)) return 0;
      if (point >= (edges[last] as number)) return 1;
      while (point < (edges[panel] as number)) panel--;
      while (point >= (edges[panel + 1] as number)) panel++;
      return valueBetween(points, values, panel * NODES, point);
    },
  };
}
