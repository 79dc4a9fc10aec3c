import type { Axis } from "./axis.js";
import type { Curve } from "./curve.js";
import { makeGrid } from "./grid.js";

/**
 * By rank, the best first, and then by arm: P(so many are above it). All arms on one grid, in K × ranks² steps a node: how many of those before an arm are above it, and how
 * many of those after it, are put together, so that no arm has to be left out one by one.
 */
export function rankShares(curves: readonly Curve[], axis: Axis, ranks: number): number[][] {
  const { count, weights, densities, below, above } = makeGrid(curves, { reach: axis.reach, sumsOnly: true });
  const arms = curves.length;
  const shares = Array.from({ length: ranks }, () => new Array<number>(arms).fill(0));
  const before = new Float64Array((arms + 1) * ranks);
  const after = new Float64Array(ranks);
  for (let i = 0; i < count; i++) {
    before.fill(0, 0, ranks);
    before[0] = 1;
    for (let k = 0; k < arms; k++)
      passed(before, k * ranks, before, (k + 1) * ranks, ranks, at(below, k, i), at(above, k, i));
    after.fill(0);
    after[0] = 1;
    for (let k = arms - 1; k >= 0; k--) {
      const mass = (weights[i] as number) * at(densities, k, i);
      if (mass > 0)
        for (let rank = 0; rank < ranks; rank++) {
          let chance = 0;
          for (let some = 0; some <= rank; some++)
            chance += (before[k * ranks + some] as number) * (after[rank - some] as number);
          const row = shares[rank] as number[];
          row[k] = (row[k] as number) + mass * chance;
        }
      passed(after, 0, after, 0, ranks, at(below, k, i), at(above, k, i));
    }
  }
  return shares;
}

const at = (lists: readonly Float64Array[], k: number, i: number): number =>
  (lists[k] as Float64Array)[i] as number;

/** One arm more: P(r above) becomes P(r above) × P(it is below) + P(r − 1 above) × P(it is above). */
function passed(
  from: Float64Array,
  fromStart: number,
  to: Float64Array,
  toStart: number,
  ranks: number,
  isBelow: number,
  isAbove: number,
): void {
  for (let rank = ranks - 1; rank >= 0; rank--) {
    const fewer = rank > 0 ? (from[fromStart + rank - 1] as number) : 0;
    to[toStart + rank] = (from[fromStart + rank] as number) * isBelow + fewer * isAbove;
  }
}
