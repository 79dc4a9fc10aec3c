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
