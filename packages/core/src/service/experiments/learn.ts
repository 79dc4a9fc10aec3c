import { banditPolicy, type NextBanditPolicy, type PeriodCounts } from "../../bandits/index.js";
import type { BanditPolicy, Ruleset } from "../../decisions/types.js";
import type { ServiceContext } from "../context.js";
import { metaPartition, SORT } from "../layout/partitions.js";
import type { Rulesets } from "../rules/ruleset.js";
import type { Experiment, ExperimentSums, Review } from "./types.js";

const HOUR_MS = 3_600_000;
/** Older periods are taken together: a record of a few kilobytes holds a month of hourly updates. */
const MAX_PERIODS = 720;

/** What a bandit was updated by, period by period. */
interface StoredLearning {
  v: 1;
  run: number;
  learnedAt: number;
  /** All that the periods sum up to. */
  counted: PeriodCounts;
  periods: readonly PeriodCounts[];
}

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
function periodsWith(
  now: PeriodCounts,
  { counted, periods }: Pick<StoredLearning, "counted" | "periods">,
): PeriodCounts[] {
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

export interface LearnWork {
  site: string;
  experiment: Experiment;
  ruleset: Ruleset;
  /** Of the ruleset. */
  version: string;
  sums: ExperimentSums;
}

/**
 * A running bandit's next shares, published as a new ruleset. Null where it is not due, where its slot is decided by something else by now, where its metric is none that a bandit learns from, and where another process has just
 * done it.
 */
export async function learn(
  context: Pick<ServiceContext, "durable" | "clock">,
  rulesets: Pick<Rulesets, "load">,
  { site, experiment, ruleset, version, sums }: LearnWork,
): Promise<Review["learned"]> {
  const { durable, clock } = context;
  const { definition, run } = experiment;
  const { everyMs = HOUR_MS, ...options } = definition.learning ?? {};
  const slot = Object.hasOwn(ruleset.slots, definition.slot) ? ruleset.slots[definition.slot] : undefined;
  const policy = slot?.policy;
  if (slot === undefined || policy?.type !== "bandit" || policy.experiment !== definition.id) return null;
  const now = countsIn(sums, definition.measures.primary);
  if (now === null) return null;
  const [partition, sort] = [metaPartition(site), SORT.learning + definition.id];
  const stored = await durable.get<StoredLearning>(partition, sort);
  const known = stored?.value.run === run ? stored.value : null;
  const at = clock.now();
  if (known !== null && Math.abs(at - known.learnedAt) < everyMs) return null;
  const periods = bounded(periodsWith(now, known ?? { counted: {}, periods: [] }));
  const value: StoredLearning = { v: 1, run, learnedAt: at, counted: now, periods };
  // Whoever writes it first publishes: others find it done.
  const put = await durable.put(partition, sort, value, { ifVersion: stored?.version ?? 0 });
  if (!put.written) return null;
  const next: NextBanditPolicy<BanditPolicy> = banditPolicy(policy, periods, options);
  if (next.changed) {
    const decided = { ...slot, policy: next.policy };
    const slots = { ...ruleset.slots, [definition.slot]: decided };
    // Where another was published meanwhile, the next look does it.
    await rulesets.load(
      { ...ruleset, revision: ruleset.revision + 1, slots },
      { site, over: (present) => present === version },
    );
  }
  return { changed: next.changed, variants: next.variants };
}
