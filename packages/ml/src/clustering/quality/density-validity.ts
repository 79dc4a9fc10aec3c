import { type RandomSource, seededRandom } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { sampleRows, takeRows } from "../geometry/sample-rows.js";
import type { ClusterLabels } from "./agreement.js";
import { labelledRows, needTwo, type SilhouetteOptions } from "./silhouette.js";

/** One cluster: its rows, how sparse it is, and those of its rows that are not at the end of a branch. */
interface Shape {
  readonly size: number;
  /** The longest edge inside its spanning tree. */
  readonly sparseness: number;
  readonly inner: Int32Array;
}

const distance = ({ data, columns }: Matrix, a: number, b: number): number =>
  Math.sqrt(squaredBetween(data, a * columns, data, b * columns, columns));

/** How far a row is from the others of its cluster, the near ones counting most: the mean of (1 ÷ distance)^d, to the power −1/d. 0 for a row that is there twice. */
function coreOf(matrix: Matrix, rows: Int32Array, row: number): number {
  const all = rows.filter((other) => other !== row);
  const distances = Float64Array.from(all, (other) => distance(matrix, row, other));
  const least = distances.reduce((a, b) => Math.min(a, b));
  if (least === 0) return 0;
  // By the least distance, so that no power leaves the range of numbers.
  const sum = distances.reduce((total, one) => total + (least / one) ** matrix.columns, 0);
  return least * (sum / distances.length) ** (-1 / matrix.columns);
}

/** The shape of a cluster by the spanning tree of its rows (Prim), with distances that are at least the core distances of both ends. */
function shapeOf(matrix: Matrix, rows: Int32Array, core: Float64Array): Shape {
  const n = rows.length;
  const near = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(n).fill(-1);
  const isIn = new Uint8Array(n);
  const degree = new Int32Array(n);
  const edges: [a: number, b: number, weight: number][] = [];
  for (let at = 0, left = n; ; ) {
    isIn[at] = 1;
    if (--left === 0) break;
    let next = -1;
    for (let i = 0; i < n; i++) {
      if (isIn[i] === 1) continue;
      const [a, b] = [rows[at] as number, rows[i] as number];
      const reach = Math.max(core[a] as number, core[b] as number, distance(matrix, a, b));
      if (reach < (near[i] as number)) {
        near[i] = reach;
        from[i] = at;
      }
      if (next < 0 || (near[i] as number) < (near[next] as number)) next = i;
    }
    const to = from[next] as number;
    edges.push([to, next, near[next] as number]);
    degree[to]!++;
    degree[next]!++;
    at = next;
  }
  const isInner = (i: number): boolean => (degree[i] as number) > 1;
  const within = edges.filter(([a, b]) => isInner(a) && isInner(b));
  // Of two or three rows no edge is inside.
  const counted = within.length > 0 ? within : edges;
  const inner = rows.filter((_, i) => isInner(i));
  return {
    size: n,
    sparseness: counted.reduce((most, [, , weight]) => Math.max(most, weight), 0),
    inner: inner.length > 0 ? inner : rows,
  };
}

/** How near two clusters come to each other. */
function separation(matrix: Matrix, [a, b]: readonly [Shape, Shape], core: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (const x of a.inner)
    for (const y of b.inner)
      least = Math.min(least, Math.max(core[x] as number, core[y] as number, distance(matrix, x, y)));
  return least;
}

/** As {@link densityValidity}, of checked points; null where the rows that are looked at have fewer than two clusters of two. */
export function validityOf(
  matrix: Matrix,
  labels: ClusterLabels,
  { sample, random }: { sample: number; random: RandomSource },
): number | null {
  const chosen = sampleRows(matrix.rows, sample, random);
  const part = takeRows(matrix, chosen);
  const {
    rows,
    labels: own,
    clusters,
  } = labelledRows(
    part,
    Int32Array.from(chosen, (row) => labels[row] as number),
  );
  const core = new Float64Array(part.rows);
  const shapes: Shape[] = [];
  for (let k = 0; k < clusters; k++) {
    const members = rows.filter((_, i) => own[i] === k);
    if (members.length < 2) continue;
    for (const row of members) core[row] = coreOf(part, members, row);
    shapes.push(shapeOf(part, members, core));
  }
  if (shapes.length < 2) return null;
  let sum = 0;
  for (const shape of shapes) {
    let apart = Number.POSITIVE_INFINITY;
    for (const other of shapes)
      if (other !== shape) apart = Math.min(apart, separation(part, [shape, other], core));
    const most = Math.max(apart, shape.sparseness);
    sum += most === 0 ? 0 : (shape.size * (apart - shape.sparseness)) / most;
  }
  return sum / part.rows;
}

/**
 * How well clusters of any shape are parted by density, DBCV (Moulavi, Jaskowiak, Campello, Zimek and Sander 2014): from −1, sparser inside than between, to 1. Where clusters are no balls the silhouette
 * misleads, and this does not. Noise lowers it by its share, as do clusters of one row. On a sample where there are many rows. O(min(n, sample)² d).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_SHAPE`, `ATTUNE_ML_TOO_FEW_CLUSTERS` for less than two clusters of two rows.
 */
export function densityValidity(
  points: Points,
  labels: ClusterLabels,
  options: SilhouetteOptions = {},
): number {
  const matrix = toMatrix(points, options.columns);
  labelledRows(matrix, labels);
  const { sample = 2000, random = seededRandom(1) } = options;
  const found = validityOf(matrix, labels, { sample, random });
  if (found === null) needTwo(0);
  return found as number;
}
