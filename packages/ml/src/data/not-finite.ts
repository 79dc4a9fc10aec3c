/** Where the first NaN or infinity stands; −1 for nowhere. */
export function firstNotFinite(data: Float64Array): number {
  let sum = 0;
  // A finite number less itself is 0, any other NaN, which a sum keeps: good points are read without asking of each.
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) - (data[i] as number);
  return sum === 0 ? -1 : data.findIndex((value) => !Number.isFinite(value));
}
