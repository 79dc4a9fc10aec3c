import type { RandomSource } from "@attune/core";
import type { Matrix } from "../../data/points.js";

/** `count` different row numbers below `rows`, in rising order; all of them where there are no more. O(rows). */
export function sampleRows(rows: number, count: number, random: RandomSource): Int32Array {
  if (count >= rows) return Int32Array.from({ length: rows }, (_, i) => i);
  const chosen = new Int32Array(count);
  let taken = 0;
  // Selection sampling (Fan, Muller and Rezucha 1962).
  for (let i = 0; taken < count; i++) {
    if (random() * (rows - i) < count - taken) chosen[taken++] = i;
  }
  return chosen;
}

/** The rows asked for, as a matrix of their own. */
export function takeRows({ data, columns }: Matrix, rows: Int32Array): Matrix {
  const taken = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * columns;
    for (let c = 0; c < columns; c++) taken[i * columns + c] = data[from + c] as number;
  }
  return { data: taken, rows: rows.length, columns };
}
