/** The latest rows that a model was asked about, as many as the window holds. In memory alone: numbers without any name. */
export interface LiveRows {
  add(rows: Float64Array): void;
  /** Rows seen since the start, those that are gone among them. */
  seen(): number;
  /** n × columns, row-major, in no order. */
  rows(): Float64Array;
}

/** @param size Rows that are held at most. */
export function createLiveRows(columns: number, size = 2000): LiveRows {
  const held = new Float64Array(columns * size);
  let seen = 0;
  return {
    add(rows) {
      for (let at = 0; at + columns <= rows.length; at += columns) {
        held.set(rows.subarray(at, at + columns), (seen % size) * columns);
        seen += 1;
      }
    },
    seen: () => seen,
    rows: () => held.slice(0, Math.min(seen, size) * columns),
  };
}
