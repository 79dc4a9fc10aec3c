import { type RandomSource, seededRandom } from "@attune/core";

/** Box and Muller (1958). */
export const normal = (random: RandomSource): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Points and what they were made as; row-major. */
export interface Made {
  readonly data: Float64Array;
  readonly columns: number;
  readonly labels: Int32Array;
}

/** Round clouds of equal size around given centres. */
export function clouds(
  centres: readonly (readonly number[])[],
  { each, spread, seed = 1 }: { each: number; spread: number; seed?: number },
): Made {
  const random = seededRandom(seed);
  const columns = (centres[0] as readonly number[]).length;
  const labels = Int32Array.from({ length: centres.length * each }, (_, i) => i % centres.length);
  const data = new Float64Array(labels.length * columns);
  labels.forEach((label, row) => {
    for (let c = 0; c < columns; c++) {
      data[row * columns + c] =
        ((centres[label] as readonly number[])[c] as number) + spread * normal(random);
    }
  });
  return { data, columns, labels };
}

/** Two half circles that reach into each other. */
export function moons(each: number, noise: number, seed = 1): Made {
  const random = seededRandom(seed);
  const labels = Int32Array.from({ length: 2 * each }, (_, i) => i % 2);
  const data = new Float64Array(labels.length * 2);
  labels.forEach((label, row) => {
    const turn = Math.PI * random();
    const [x, y] =
      label === 0 ? [Math.cos(turn), Math.sin(turn)] : [1 - Math.cos(turn), 0.5 - Math.sin(turn)];
    data[row * 2] = x + noise * normal(random);
    data[row * 2 + 1] = y + noise * normal(random);
  });
  return { data, columns: 2, labels };
}
