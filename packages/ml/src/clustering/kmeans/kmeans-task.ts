import type { Matrix } from "../../data/points.js";

/** What an engine is given: checked points, where to start, when to end. */
export interface KmeansTask {
  readonly matrix: Matrix;
  readonly initial: Float64Array;
  readonly maxIterations: number;
  /** Absolute. */
  readonly tolerance: number;
}
