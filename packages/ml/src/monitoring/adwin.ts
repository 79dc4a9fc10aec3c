import { requireDetector, requireValue } from "./check-detector.js";
import { ExponentialHistogram } from "./exponential-histogram.js";

export interface AdwinOptions {
  /** How readily chance alone may raise an alarm, in (0, 1): the bound on the probability of a false one at each look (default 0.002). */
  readonly delta?: number;
  /** A look every so many values (default 32). */
  readonly clock?: number;
  /** No look while the window holds no more than this (default 10). */
  readonly gracePeriod?: number;
  /** Values that both sides of a cut need (default 5). */
  readonly minWindowLength?: number;
  /** Sums of one size that are kept, 2 or more (default 5): more make cuts finer and memory larger. */
  readonly maxBuckets?: number;
  /** Whether the value after an alarm begins anew with an empty window; otherwise (default) the window keeps what came after the change. */
  readonly resetAfterDetection?: boolean;
}

/** All that a detector remembers; plain numbers, so that it can be stored. */
export interface AdwinState {
  readonly rows: readonly { readonly totals: readonly number[]; readonly spreads: readonly number[] }[];
  readonly ticks: number;
  readonly drifted: boolean;
}

export interface AdwinDetector {
  /** @returns Whether the mean has changed. @throws AttuneError `ATTUNE_ML_NOT_FINITE`, and nothing is changed. */
  add(value: number): boolean;
  /** Values in the window: since the last change, as far as is known. */
  readonly width: number;
  /** Mean of the window; null while it is empty. */
  readonly mean: number | null;
  /** Population variance of the window; null while it is empty. */
  readonly variance: number | null;
  readonly state: AdwinState;
}

/**
 * Watches a stream of numbers for a change of its mean, in either direction, without a window size to choose (ADWIN2, Bifet and Gavaldà 2007): the window grows while its parts
 * agree, and drops its oldest part where the means of two parts differ by more than chance allows,
 * √(2/m · σ² · ln(2 ln n ÷ δ)) + 2/(3m) · ln(2 ln n ÷ δ). O(log n) a value and O(maxBuckets · log n) numbers of memory.
 *
 * @param state What an earlier detector had come to.
 * @throws AttuneError `ATTUNE_ML_DETECTOR` for options or a state that do not hold.
 */
export function adwin(options: AdwinOptions = {}, state?: AdwinState): AdwinDetector {
  const { delta, clock, gracePeriod, minWindowLength, maxBuckets, resetAfterDetection } = checked(options);
  let window = new ExponentialHistogram(maxBuckets, restored(state));
  let ticks = state?.ticks ?? 0;
  let drifted = state?.drifted ?? false;

  const isCut = (): boolean => {
    const logarithm = Math.log((2 * Math.log(window.width)) / delta);
    const variance = window.spread / window.width;
    for (const { olderCount, newerCount, difference } of window.cuts()) {
      if (olderCount < minWindowLength || newerCount < minWindowLength) continue;
      const inverse = 1 / (olderCount - minWindowLength + 1) + 1 / (newerCount - minWindowLength + 1);
      const chance = Math.sqrt(2 * inverse * variance * logarithm) + (2 / 3) * logarithm * inverse;
      if (Math.abs(difference) > chance) return true;
    }
    return false;
  };

  return {
    add(value) {
      requireValue(value);
      if (drifted && resetAfterDetection) {
        window = new ExponentialHistogram(maxBuckets);
        ticks = 0;
      }
      drifted = false;
      window.add(value);
      ticks++;
      if (ticks % clock !== 0) return false;
      while (window.width > gracePeriod && isCut()) {
        drifted = true;
        window.dropOldest();
      }
      return drifted;
    },
    get width() {
      return window.width;
    },
    get mean() {
      return window.width === 0 ? null : window.mean;
    },
    get variance() {
      return window.width === 0 ? null : Math.max(0, window.spread / window.width);
    },
    get state() {
      return { rows: structuredClone(window.rows), ticks, drifted };
    },
  };
}

function checked(options: AdwinOptions): Required<AdwinOptions> {
  const { delta = 0.002, clock = 32, gracePeriod = 10, minWindowLength = 5 } = options;
  const { maxBuckets = 5, resetAfterDetection = false } = options;
  requireDetector(delta > 0 && delta < 1, "/options/delta", "a number in (0, 1)");
  for (const [name, value, least] of [
    ["clock", clock, 1],
    ["gracePeriod", gracePeriod, 1],
    ["minWindowLength", minWindowLength, 1],
    ["maxBuckets", maxBuckets, 2],
  ] as const) {
    requireDetector(
      Number.isInteger(value) && value >= least,
      `/options/${name}`,
      `an integer from ${least} on`,
    );
  }
  return { delta, clock, gracePeriod, minWindowLength, maxBuckets, resetAfterDetection };
}

function restored(state: AdwinState | undefined): { totals: number[]; spreads: number[] }[] | undefined {
  if (state === undefined) return undefined;
  const rowsHold =
    Array.isArray(state.rows) &&
    state.rows.length > 0 &&
    state.rows.every(
      ({ totals, spreads }) =>
        totals.length === spreads.length && [...totals, ...spreads].every((value) => Number.isFinite(value)),
    );
  requireDetector(rowsHold, "/state/rows", "rows of finite totals and spreads of equal number");
  requireDetector(Number.isInteger(state.ticks) && state.ticks >= 0, "/state/ticks", "a count");
  return state.rows.map(({ totals, spreads }) => ({ totals: [...totals], spreads: [...spreads] }));
}
