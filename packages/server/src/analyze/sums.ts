import type { MetricSums } from "@attune/core/stats";
import type { MetricKind } from "./mapping.js";

/** Sums of one metric over some units. */
export interface Adder {
  add(value: number, other: number): void;
  sums(): MetricSums;
}

/** @param hasPast whether `other` is what was known before */
export function adderOf(kind: MetricKind, hasPast: boolean): Adder {
  let [n, buyers, sum, squares] = [0, 0, 0, 0];
  let [others, otherSquares, products] = [0, 0, 0];
  return {
    add(value, other) {
      n += 1;
      if (value !== 0) buyers += 1;
      sum += value;
      squares += value * value;
      others += other;
      otherSquares += other * other;
      products += value * other;
    },
    sums(): MetricSums {
      if (hasPast)
        return {
          ...{ type: "cuped", n, postSum: sum, postSumSquares: squares },
          ...{ preSum: others, preSumSquares: otherSquares, sumProducts: products },
        };
      switch (kind) {
        case "proportion":
          return { type: kind, n, sum };
        case "mean":
          return { type: kind, n, sum, sumSquares: squares };
        case "revenue":
          return { type: kind, n, buyers, sum, sumSquares: squares };
        case "count":
          return { type: kind, n, events: sum, sumSquares: squares };
        case "ratio":
          return {
            ...{ type: kind, n, numSum: sum, numSumSquares: squares },
            ...{ denSum: others, denSumSquares: otherSquares, sumProducts: products },
          };
      }
    },
  };
}
