import type { BinnedColumns } from "./bin-columns.js";
import type { Histogram } from "./histogram.js";

/** What a split must hold to. */
export interface SplitRules {
  /** Added to the curvature of a leaf: shrinks its value. */
  readonly l2: number;
  /** Least curvature (Σ w p (1 − p)) and rows on either side. */
  readonly minChildWeight: number;
  readonly minRows: number;
  /** Least gain. */
  readonly minGain: number;
  /** Per column 1 where the score must not fall as it rises, −1 where it must not rise, else 0. */
  readonly monotone: Int8Array;
}

/** Sums of a node, and between which values its leaf has to lie for what stands above it. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
  readonly low: number;
  readonly high: number;
}

export interface Split {
  readonly column: number;
  /** The last bin that goes left. */
  readonly bin: number;
  /** G_L² ÷ (H_L + λ) + G_R² ÷ (H_R + λ) − G² ÷ (H + λ). */
  readonly gain: number;
  readonly left: NodeSums;
  readonly right: NodeSums;
}

/** The value of a leaf before the learning rate: −G ÷ (H + λ), within its bounds. */
export function leafValue({ gradient, hessian, low, high }: NodeSums, l2: number): number {
  const curvature = hessian + l2;
  const value = curvature > 0 ? -gradient / curvature : 0;
  return value < low ? low : value > high ? high : value;
}

/** How much a leaf of this value lowers the loss, twice over: −(2 G v + (H + λ) v²), which for the best value is G² ÷ (H + λ). */
const worth = (node: NodeSums, value: number, l2: number): number =>
  -(2 * node.gradient * value + (node.hessian + l2) * value * value);

interface Cut {
  column: number;
  bin: number;
  gain: number;
  gradient: number;
  hessian: number;
  rows: number;
}

/** The best cut of one column where nothing bounds the values, if it beats `best`. O(bins). */
function scanColumn(
  histogram: Histogram,
  at: { start: number; end: number; column: number },
  node: NodeSums,
  rules: SplitRules,
  best: Cut,
): void {
  const { l2, minChildWeight, minRows, monotone } = rules;
  const direction = monotone[at.column] as number;
  const bounded =
    direction !== 0 || node.low > Number.NEGATIVE_INFINITY || node.high < Number.POSITIVE_INFINITY;
  const parent = bounded
    ? worth(node, leafValue(node, l2), l2)
    : (node.gradient * node.gradient) / (node.hessian + l2);
  let [gradient, hessian, rows] = [0, 0, 0];
  for (let bin = at.start; bin < at.end - 1; bin++) {
    gradient += histogram[3 * bin] as number;
    hessian += histogram[3 * bin + 1] as number;
    const count = histogram[3 * bin + 2] as number;
    rows += count;
    const restHessian = node.hessian - hessian;
    if (count === 0 || rows < minRows || hessian < minChildWeight) continue;
    if (node.rows - rows < minRows || restHessian < minChildWeight) break;
    const rest = node.gradient - gradient;
    let gain: number;
    if (bounded) {
      const left = { gradient, hessian, rows, low: node.low, high: node.high };
      const right = { ...left, gradient: rest, hessian: restHessian };
      const [a, b] = [leafValue(left, l2), leafValue(right, l2)];
      if (direction * (b - a) < 0) continue;
      gain = worth(left, a, l2) + worth(right, b, l2) - parent;
    } else gain = (gradient * gradient) / (hessian + l2) + (rest * rest) / (restHessian + l2) - parent;
    if (gain > best.gain)
      Object.assign(best, { column: at.column, bin: bin - at.start, gain, gradient, hessian, rows });
  }
}

/**
 * The split of a node with the greatest gain, the first of equals; null where none is worth it. Monotone columns bound all that is below them by the middle of both
 * sides' values. O(bins of the columns).
 */
export function findSplit(
  histogram: Histogram,
  binned: BinnedColumns,
  columns: Int32Array,
  node: NodeSums,
  rules: SplitRules,
): Split | null {
  const best: Cut = { column: -1, bin: 0, gain: rules.minGain, gradient: 0, hessian: 0, rows: 0 };
  for (const column of columns) {
    const [start, end] = [binned.starts[column] as number, binned.starts[column + 1] as number];
    scanColumn(histogram, { start, end, column }, node, rules, best);
  }
  if (best.column < 0) return null;
  const { column, bin, gain, gradient, hessian, rows } = best;
  const bounds = { low: node.low, high: node.high };
  const left: NodeSums = { ...bounds, gradient, hessian, rows };
  const right: NodeSums = {
    ...bounds,
    ...{ gradient: node.gradient - gradient, hessian: node.hessian - hessian, rows: node.rows - rows },
  };
  const direction = rules.monotone[column];
  if (direction === 0) return { column, bin, gain, left, right };
  const middle = (leafValue(left, rules.l2) + leafValue(right, rules.l2)) / 2;
  const [below, above] = [{ high: middle }, { low: middle }];
  return {
    ...{ column, bin, gain },
    left: { ...left, ...(direction === 1 ? below : above) },
    right: { ...right, ...(direction === 1 ? above : below) },
  };
}
