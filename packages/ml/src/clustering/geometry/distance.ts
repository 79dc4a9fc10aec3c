/** Squared Euclidean distance between a row of one array and a row of another, by their offsets. Positional: it is called hundreds of millions of times. */
export function squaredBetween(
  a: Float64Array,
  from: number,
  b: Float64Array,
  to: number,
  columns: number,
): number {
  let sum = 0;
  for (let c = 0; c < columns; c++) {
    const difference = (a[from + c] as number) - (b[to + c] as number);
    sum += difference * difference;
  }
  return sum;
}

/**
 * Whether a row of one array and a row of another are at most the root of `within` apart: as {@link squaredBetween} says, to the last bit, but in many columns most of what is
 * apart is known to be after four of them.
 */
export function isWithin(
  a: Float64Array,
  from: number,
  b: Float64Array,
  to: number,
  columns: number,
  within: number,
): boolean {
  let sum = 0;
  let c = 0;
  while (c < columns) {
    for (const stop = Math.min(columns, c + 4); c < stop; c++) {
      const difference = (a[from + c] as number) - (b[to + c] as number);
      sum += difference * difference;
    }
    if (sum > within) return false;
  }
  return true;
}
