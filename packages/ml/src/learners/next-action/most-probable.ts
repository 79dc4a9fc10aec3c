import type { Action, PredictedAction } from "./types.js";

interface Asked {
  readonly limit: number;
  readonly unwanted: ReadonlySet<number | undefined>;
  readonly names: ReadonlyMap<number, Action>;
}

/** The first few of many, greatest first, ties by name. O(n · limit), which for a handful beats sorting all. */
export function mostProbable(
  sums: ReadonlyMap<number, number>,
  { limit, unwanted, names }: Asked,
): PredictedAction[] {
  const best: PredictedAction[] = [];
  for (const [number, probability] of sums) {
    const last = best.length < limit ? 0 : (best[limit - 1] as PredictedAction).probability;
    if (probability < last || unwanted.has(number)) continue;
    const one = { action: names.get(number) as Action, probability };
    let place = best.length;
    while (place > 0 && isBefore(one, best[place - 1] as PredictedAction)) place--;
    best.splice(place, 0, one);
    if (best.length > limit) best.pop();
  }
  return best;
}

const isBefore = (a: PredictedAction, b: PredictedAction): boolean =>
  a.probability > b.probability || (a.probability === b.probability && a.action < b.action);
