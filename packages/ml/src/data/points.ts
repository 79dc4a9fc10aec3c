import { AttuneError } from "@attune/core";
import { firstNotFinite } from "./not-finite.js";

/**
 * Points to learn from: rows of equal length, or one typed array that holds them row after row (n × d, row-major), of which the caller says
 * how many columns it has.
 */
export type Points = readonly (readonly number[])[] | Float64Array | Float32Array;

/** Points as every algorithm of this package reads them: n × d, row-major, all finite. Never changed. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

const isTyped = (points: Points): points is Float64Array | Float32Array => ArrayBuffer.isView(points);

/**
 * Points as a matrix, checked once at the door. A `Float64Array` is used as it is, not copied.
 *
 * @param columns How many numbers a point has; needed for typed arrays only.
 * @param path Where the points stand in what the caller gave, for messages.
 * @throws AttuneError `ATTUNE_ML_EMPTY_DATA` without a point or a column, `ATTUNE_ML_BAD_SHAPE` where rows differ in length or `columns` does not fit,
 * `ATTUNE_ML_NOT_FINITE` at the first NaN or infinity, with its path.
 */
export function toMatrix(points: Points, columns?: number, path = "/points"): Matrix {
  if (points.length === 0)
    throw new AttuneError("ATTUNE_ML_EMPTY_DATA", "There are no points: give at least one.", { path });
  const typed = isTyped(points);
  const width = columns ?? (typed ? Number.NaN : (points[0] as readonly number[]).length);
  if (!(Number.isInteger(width) && width > 0)) {
    throw new AttuneError(
      typed ? "ATTUNE_ML_BAD_SHAPE" : "ATTUNE_ML_EMPTY_DATA",
      typed
        ? "A typed array does not say how long its rows are: give the number of columns, an integer of 1 or more."
        : "The first point has no numbers: every point needs at least one.",
      { path },
    );
  }
  const data = typed
    ? points instanceof Float64Array
      ? points
      : Float64Array.from(points)
    : flattened(points, width, path);
  const rows = data.length / width;
  if (!Number.isInteger(rows)) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `${data.length} numbers are no whole number of rows of ${width}.`,
      { path },
    );
  }
  const bad = firstNotFinite(data);
  if (bad >= 0) {
    throw new AttuneError(
      "ATTUNE_ML_NOT_FINITE",
      "The points hold NaN or an infinity: leave such rows out or replace the value first.",
      { path: `${path}/${Math.floor(bad / width)}/${bad % width}` },
    );
  }
  return { data, rows, columns: width };
}

function flattened(points: readonly (readonly number[])[], width: number, path: string): Float64Array {
  const data = new Float64Array(points.length * width);
  points.forEach((row, i) => {
    if (row.length !== width) {
      throw new AttuneError(
        "ATTUNE_ML_BAD_SHAPE",
        `This point has ${row.length} numbers where the first has ${width}: all need the same.`,
        { path: `${path}/${i}` },
      );
    }
    data.set(row, i * width);
  });
  return data;
}
