/** The next float32 below a float32. */
export function previousFloat32(value: number): number {
  if (value === 0) return -(2 ** -149);
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + (value > 0 ? -1 : 1));
  return value === Number.NEGATIVE_INFINITY ? value : view.getFloat32(0);
}

/** The next number below a number. */
export function previousFloat64(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return value === Number.NEGATIVE_INFINITY ? value : view.getFloat64(0);
}
