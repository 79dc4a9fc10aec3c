import { banditPolicy, type PeriodCounts } from "../../bandits/index.js";
import type { BanditPolicy } from "../../decisions/types.js";
import type { Learned, LearnedPeriods, LearnWork } from "./learned.js";
import type { ExperimentSums, Learning } from "./types.js";

/** Older periods are taken together: a record of a few kilobytes holds a month of hourly updates. */
const MAX_PERIODS = 720;

/** How many of how many came to the primary metric; null where it is no conversion. */
function countsIn({ variants }: ExperimentSums, metric: string): PeriodCounts | null {
  const counts = Object.entries(variants).map(([variant, { units, metrics }]) => {
    const sums = metrics[metric];
    return sums?.type === "proportion" ? ([variant, { successes: sums.sum, trials: units }] as const) : null;
  });
  return counts.includes(null) ? null : Object.fromEntries(counts as [string, PeriodCounts[string]][]);
}

const NOTHING = { successes: 0, trials: 0 };

/** Variant by variant; `by` −1 takes away. */
function sumOf(a: PeriodCounts, b: PeriodCounts, by: 1 | -1 = 1): PeriodCounts {
  const both = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...both].map((variant) => {
      const [x, y] = [a[variant] ?? NOTHING, b[variant] ?? NOTHING];
      return [
        variant,
        { successes: x.successes + by * y.successes, trials: x.trials + by * y.trials },
      ] as const;
    }),
  );
}

const canBe = (period: PeriodCounts): boolean =>
  Object.values(period).every(({ successes, trials }) => successes >= 0 && trials >= successes);

/**
 * The periods with what came since. Visitors of an earlier period may succeed in this one: where more succeed than came, both are one period. Where an erasure took more away than came, all is one, which is right in
 * sum, and the memory begins again.
 */
function periodsWith(now: PeriodCounts, { counted, periods }: LearnedPeriods): PeriodCounts[] {
  const since = sumOf(now, counted, -1);
  if (canBe(since)) return [...periods, since];
  const joined = sumOf(periods.at(-1) ?? {}, since);
  return canBe(joined) ? [...periods.slice(0, -1), joined] : [now];
}

function bounded(periods: readonly PeriodCounts[]): PeriodCounts[] {
  if (periods.length <= MAX_PERIODS) return [...periods];
  const [first = {}, second = {}, ...rest] = periods;
  return [sumOf(first, second), ...rest];
}

/**
 * A bandit's next shares as the experiment says that it learns.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT` for settings that cannot be
 */
export function sharesFrom(
  policy: BanditPolicy,
  periods: readonly PeriodCounts[],
  { goal, memory, floor, dropBelow }: Learning,
) {
  return banditPolicy(policy, periods, {
    ...(goal !== undefined && { goal }),
    ...(memory !== undefined && { memory }),
    ...(floor !== undefined && { floor }),
    ...(dropBelow !== undefined && { dropBelow }),
  });
}

/** A bandit's next shares from what was counted since; null where its metric is none that it learns from. */
export function learnShares(
  policy: BanditPolicy,
  { experiment: { definition }, sums }: LearnWork,
  known: Partial<LearnedPeriods> | null,
): Learned | null {
  const counted = countsIn(sums, definition.measures.primary);
  if (counted === null) return null;
  const before = { counted: known?.counted ?? {}, periods: known?.periods ?? [] };
  const periods = bounded(periodsWith(counted, before));
  const { policy: next, changed, variants } = sharesFrom(policy, periods, definition.learning ?? {});
  return { policy: next, changed, variants, kept: { counted, periods } };
}
