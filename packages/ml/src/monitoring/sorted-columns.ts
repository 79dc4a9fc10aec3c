import type { FeatureMatrix } from "./types.js";

/**
 * The same values with each column sorted by itself, so that nothing tells which values belonged together: drift is told by how the values of a feature are distributed, one feature at a time, for which rows are not needed. Values that are no
 * numbers come last. Pure; O(n d log n) for n rows of d columns.
 *
 * @returns n × d, row-major, as it came in.
 */
export function sortedColumns({ data, columns }: FeatureMatrix): Float64Array {
  const rows = columns === 0 ? 0 : data.length / columns;
  const sorted = new Float64Array(data.length);
  for (let at = 0; at < columns; at++) {
    const column = Float64Array.from({ length: rows }, (_, row) => data[row * columns + at] as number).sort();
    column.forEach((value, row) => {
      sorted[row * columns + at] = value;
    });
  }
  return sorted;
}
