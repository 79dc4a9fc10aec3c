import type { Axis } from "./axis.js";
import type { Curve } from "./curve.js";
import { type Grid, makeGrid, ORDINARY_CUT } from "./grid.js";

export interface PairComparison {
  /** P(B > A) and P(A > B), each computed by itself, so that the smaller keeps its digits. */
  readonly bBeatsA: number;
  readonly aBeatsB: number;
  /** E[max(B − A, 0)]: what is given up on average by choosing A; and by choosing B. */
  readonly lossOfA: number;
  readonly lossOfB: number;
}

export interface BestComparison {
  /** By arm: P(it is the best). They sum to 1. */
  readonly best: number[];
  /** By arm: P(it is the second best). */
  readonly second: number[];
  /** By arm: E[the best − it], in the units of the metric. */
  readonly loss: number[];
}

/** As far as numbers go. */
const WHOLE_CUT = 700;
/** e⁻²⁰ of a result is 2e-9 of it. */
const DIGITS = 20;

/**
 * What lies outside a grid's cut is left out, so a result that is as small itself has lost digits, and is the smaller for it: once more then, with a cut as far beyond the
 * result as it is beyond 1 where results are ordinary.
 */
function withDigits<T>(at: (cut: number) => T, leastOf: (result: T) => number): T {
  for (let cut = ORDINARY_CUT; ; ) {
    const result = at(cut);
    const logLeast = Math.log(leastOf(result));
    // What is no number asks for no cut at all, and would be asked for ever.
    if (!(cut < DIGITS - logLeast) || cut === WHOLE_CUT) return result;
    cut = Math.min(WHOLE_CUT, ORDINARY_CUT - logLeast);
  }
}

/** Two distributions on one axis. */
export function comparePair(a: Curve, b: Curve, axis: Axis): PairComparison {
  return withDigits(
    (cut) => pairOn(makeGrid([a, b], { cut, reach: axis.reach, sumsOnly: true }), axis),
    ({ bBeatsA, aBeatsB }) => Math.min(bBeatsA, aBeatsB),
  );
}

function pairOn(
  { count, points, weights, densities, below, above }: Grid,
  { stretch }: Axis,
): PairComparison {
  const [densityA, densityB] = densities as [Float64Array, Float64Array];
  const [belowA, belowB] = below as [Float64Array, Float64Array];
  const [aboveA, aboveB] = above as [Float64Array, Float64Array];
  let bBeatsA = 0;
  let aBeatsB = 0;
  let lossOfA = 0;
  let lossOfB = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights[i] as number;
    bBeatsA += weight * (densityA[i] as number) * (aboveB[i] as number);
    aBeatsB += weight * (densityB[i] as number) * (aboveA[i] as number);
    const width = weight * stretch(points[i] as number);
    lossOfA += width * (belowA[i] as number) * (aboveB[i] as number);
    lossOfB += width * (belowB[i] as number) * (aboveA[i] as number);
  }
  return { bBeatsA, aBeatsB, lossOfA, lossOfB };
}

/** Any number of distributions on one axis. */
export function compareAll(curves: readonly Curve[], axis: Axis): BestComparison {
  return withDigits(
    (cut) => allOn(makeGrid(curves, { cut, reach: axis.reach, sumsOnly: true }), axis),
    ({ best }) => Math.min(...best),
  );
}

function allOn({ count, points, weights, densities, below, above }: Grid, { stretch }: Axis): BestComparison {
  const arms = densities.length;
  const best = new Array<number>(arms).fill(0);
  const second = new Array<number>(arms).fill(0);
  const loss = new Array<number>(arms).fill(0);
  const belowHere = new Float64Array(arms);
  for (let i = 0; i < count; i++) {
    const weight = weights[i] as number;
    const width = weight * stretch(points[i] as number);
    for (let k = 0; k < arms; k++) belowHere[k] = (below[k] as Float64Array)[i] as number;
    for (let k = 0; k < arms; k++) {
      let allBelow = 1;
      let oneAbove = 0;
      let logAllBelow = 0;
      for (let j = 0; j < arms; j++) {
        if (j === k) continue;
        const belowJ = belowHere[j] as number;
        const aboveJ = (above[j] as Float64Array)[i] as number;
        oneAbove = oneAbove * belowJ + allBelow * aboveJ;
        allBelow *= belowJ;
        logAllBelow += Math.log1p(-Math.min(aboveJ, 1));
      }
      const mass = weight * ((densities[k] as Float64Array)[i] as number);
      best[k] = (best[k] as number) + mass * allBelow;
      second[k] = (second[k] as number) + mass * oneAbove;
      loss[k] = (loss[k] as number) - width * (belowHere[k] as number) * Math.expm1(logAllBelow);
    }
  }
  return { best, second, loss };
}
