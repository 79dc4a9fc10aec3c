import { requireDetector, requireValue } from "./check-detector.js";

export interface PageHinkleyOptions {
  /** Values before the first alarm (default 30). */
  readonly minInstances?: number;
  /** Deviations from the mean up to this size are no drift, in units of the values (default 0.005). */
  readonly delta?: number;
  /** The sum of deviations beyond which there is an alarm, in units of the values (default 50). */
  readonly threshold?: number;
  /** What share of the sum so far is kept with each value, in (0, 1] (default 0.9999). */
  readonly alpha?: number;
}

/** All that a detector remembers; plain numbers, so that it can be stored. */
export interface PageHinkleyState {
  readonly count: number;
  readonly mean: number;
  readonly sum: number;
  readonly drifted: boolean;
}

export interface PageHinkleyDetector {
  /** @returns Whether the mean has risen. The value after an alarm begins anew. @throws AttuneError `ATTUNE_ML_NOT_FINITE`, and nothing is changed. */
  add(value: number): boolean;
  readonly state: PageHinkleyState;
}

/**
 * Watches a stream of numbers for a rise of its mean (Page 1954, Hinkley 1971): the deviations above the mean so far, less `delta`, are summed with forgetting, never below 0;
 * an alarm where the sum exceeds `threshold`. For a fall give the negated values. O(1) a value.
 *
 * @param state What an earlier detector had come to.
 * @throws AttuneError `ATTUNE_ML_DETECTOR` for options or a state that do not hold.
 */
export function pageHinkley(options: PageHinkleyOptions = {}, state?: PageHinkleyState): PageHinkleyDetector {
  const { minInstances = 30, delta = 0.005, threshold = 50, alpha = 0.9999 } = options;
  requireDetector(
    Number.isInteger(minInstances) && minInstances >= 1,
    "/options/minInstances",
    "an integer from 1 on",
  );
  requireDetector(Number.isFinite(delta) && delta >= 0, "/options/delta", "a number of 0 or more");
  requireDetector(Number.isFinite(threshold) && threshold > 0, "/options/threshold", "a number above 0");
  requireDetector(alpha > 0 && alpha <= 1, "/options/alpha", "a number in (0, 1]");
  const { count = 0, mean = 0, sum = 0, drifted = false } = state ?? {};
  requireDetector(Number.isInteger(count) && count >= 0, "/state/count", "a count");
  requireDetector(Number.isFinite(mean) && Number.isFinite(sum), "/state", "finite numbers");
  let now: PageHinkleyState = { count, mean, sum, drifted };
  return {
    add(value) {
      requireValue(value);
      const before = now.drifted ? { count: 0, mean: 0, sum: 0 } : now;
      const seen = before.count + 1;
      const average = before.mean + (value - before.mean) / seen;
      const total = Math.max(0, alpha * before.sum + (value - average - delta));
      now = { count: seen, mean: average, sum: total, drifted: seen >= minInstances && total > threshold };
      return now.drifted;
    },
    get state() {
      return now;
    },
  };
}
