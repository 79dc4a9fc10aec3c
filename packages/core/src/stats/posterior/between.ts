import { legendreAt, legendreOf, NODES } from "../quadrature.js";
import type { Curve } from "./curve.js";
import { type Grid, makeGrid } from "./grid.js";

/** A distribution by itself. */
export interface Distribution {
  readonly grid: Grid;
  /** P(X ≤ point), for any point. */
  below(point: number): number;
}

/** Between nodes by the polynomial of the panel: as good as at the nodes, and no exponential. */
export function distributionOf(curve: Curve): Distribution {
  const grid = makeGrid([curve]);
  const { edges } = grid;
  const last = edges.length - 1;
  const coefficients = new Float64Array(last * NODES);
  for (let panel = 0; panel < last; panel++)
    legendreOf(grid.below[0] as Float64Array, panel * NODES, coefficients, panel * NODES);
  /** Points come in order, so the panel is the last one or near it. */
  let panel = 0;
  return {
    grid,
    below(point) {
      if (point <= (edges[0] as number)) return 0;
      if (point >= (edges[last] as number)) return 1;
      while (point < (edges[panel] as number)) panel--;
      while (point >= (edges[panel + 1] as number)) panel++;
      const [from, to] = [edges[panel] as number, edges[panel + 1] as number];
      return legendreAt(coefficients, panel * NODES, (2 * (point - from)) / (to - from) - 1);
    },
  };
}
