import { AttuneError } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../data/points.js";
import { applyScaling } from "./choose/scaling.js";
import { squaredBetween } from "./geometry/distance.js";
import { buildKdTree } from "./geometry/kd-tree.js";
import { nearestFinder } from "./geometry/nearest.js";
import type { AssignmentModel, Clustering, CommonOptions } from "./types.js";

export interface AssignOptions extends CommonOptions {
  /** The farthest a point may be from its nearest prototype and still belong, beside the model's own cut (default Infinity). */
  readonly maxDistance?: number;
}

export interface Assignment {
  /** Cluster of each point; −1 where it belongs to none. */
  readonly labels: Int32Array;
  /** Euclidean distance to the nearest prototype, after the model's scaling. */
  readonly distances: Float64Array;
}

/** Up to so many prototypes each is looked at; above, boxes save most. */
const FEW = 64;

function byTree(
  model: AssignmentModel,
  { data, rows, columns }: Matrix,
): { nearest: Int32Array; squared: Float64Array } {
  const tree = buildKdTree({ data: model.prototypes, rows: model.prototypeLabels.length, columns });
  const find = nearestFinder(tree, 1);
  const nearest = new Int32Array(rows);
  const squared = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const found = find(data, i * columns);
    nearest[i] = found.rows[0] as number;
    squared[i] = found.squared[0] as number;
  }
  return { nearest, squared };
}

function byEach({ prototypes }: AssignmentModel, { data, rows, columns }: Matrix) {
  const nearest = new Int32Array(rows);
  const squared = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const count = prototypes.length / columns;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < count; j++) {
      const distance = squaredBetween(data, i * columns, prototypes, j * columns, columns);
      if (distance < (squared[i] as number)) {
        squared[i] = distance;
        nearest[i] = j;
      }
    }
  }
  return { nearest, squared };
}

/** As {@link assign}, for points that are checked and scaled already. */
export function nearestPrototypes(
  model: AssignmentModel,
  matrix: Matrix,
  maxDistance = Number.POSITIVE_INFINITY,
): Assignment {
  const count = model.prototypeLabels.length;
  if (count === 0) {
    return {
      labels: new Int32Array(matrix.rows).fill(-1),
      distances: new Float64Array(matrix.rows).fill(Number.POSITIVE_INFINITY),
    };
  }
  const { nearest, squared } = count <= FEW ? byEach(model, matrix) : byTree(model, matrix);
  const distances = squared.map(Math.sqrt);
  const labels = nearest.map((prototype, i) => {
    const distance = distances[i] as number;
    const cut = Math.min(maxDistance, model.cuts[prototype] as number);
    return distance <= cut ? (model.prototypeLabels[prototype] as number) : -1;
  });
  return { labels, distances };
}

/**
 * Places points that were not there when the clusters were made: each belongs to the cluster of the nearest prototype (centroid, core point or
 * member), if it is within that prototype's cut and `maxDistance`; else to none, −1. O(n · m · d) for few prototypes m, about O(n log m) for many.
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_SHAPE` where points have another number of columns than the clusters.
 */
export function assign(
  clusters: Clustering | AssignmentModel,
  points: Points,
  options: AssignOptions = {},
): Assignment {
  const model = "model" in clusters ? clusters.model : clusters;
  const matrix = toMatrix(
    points,
    options.columns ?? (ArrayBuffer.isView(points) ? model.columns : undefined),
  );
  if (matrix.columns !== model.columns) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `The points have ${matrix.columns} columns where the clusters have ${model.columns}.`,
      { path: "/points" },
    );
  }
  const scaled = model.scaling === null ? matrix : applyScaling(matrix, model.scaling);
  return nearestPrototypes(model, scaled, options.maxDistance);
}
