import { sorted } from "./check-sample.js";
import type { Sample } from "./types.js";

/**
 * How far, on average, values have to be moved to make one sample of the other: the area between both empirical distribution functions (Wasserstein-1, the earth mover's
 * distance), in the unit of the values. O((n + m) log(n + m)).
 *
 * @throws AttuneError `ATTUNE_ML_EMPTY_SAMPLE`, `ATTUNE_ML_NOT_FINITE`.
 */
export function wassersteinDistance(a: Sample, b: Sample): number {
  const first = sorted(a, "/a");
  const second = sorted(b, "/b");
  let [i, j, sum] = [0, 0, 0];
  let from = Math.min(first[0] as number, second[0] as number);
  while (i < first.length || j < second.length) {
    const to = Math.min(first[i] ?? Number.POSITIVE_INFINITY, second[j] ?? Number.POSITIVE_INFINITY);
    sum += Math.abs(i / first.length - j / second.length) * (to - from);
    from = to;
    while (first[i] === to) i++;
    while (second[j] === to) j++;
  }
  return sum;
}
