import { type BetaShape, type Counts, rankProbabilities, withFloor } from "../stats/index.js";
import { requireInput } from "./arms.js";
import { type Guardrail, worseThan } from "./guardrails.js";
import { batchesOf, learnArms, type Memory } from "./memory.js";
import { requireFloor, thompson, topTwoThompson } from "./shares.js";

/** What was counted while one version of a policy held, by variant: how many of those who were shown it did what it is for. */
export type PeriodCounts = Readonly<Record<string, Counts>>;

/** As much of a ruleset's bandit policy as is learned; whatever else it has stays as it is. */
export interface SharesPolicy {
  readonly type: "bandit";
  readonly shares: Readonly<Record<string, number>>;
}

export interface BanditPolicyOptions {
  /** What the shares are for: as much as possible for those who come (Thompson, the default), or finding the best soon (top-two). */
  readonly goal?: "reward" | "best";
  /** Default: change-triggered. */
  readonly memory?: Memory;
  /** What is believed of a rate before anything was seen. Default: that it is about that of all variants together, with the weight of one success (`pooledPrior`). */
  readonly prior?: BetaShape | "pooled";
  /** The least share of each variant that is not dropped, [0, 1 / number of variants]. Default 0.01. */
  readonly floor?: number;
  /** By the metric's name. */
  readonly guardrails?: Readonly<Record<string, Guardrail>>;
  /** A variant whose probability of being the best is below this gets nothing. Default: none is dropped, since what is not shown can show nothing new. */
  readonly dropBelow?: number;
}

/** Where a variant stands after an update, and why. */
export interface VariantStanding {
  readonly variant: string;
  /** A multiple of 1e-6; they sum to 1. */
  readonly share: number;
  /** Among all variants, whatever became of them. */
  readonly probabilityBest: number;
  /** What is known of its rate, under the memory. */
  readonly known: BetaShape;
  /** `held`: it has the floor for a guardrail's sake. `dropped`: it has no share. */
  readonly standing: "open" | "held" | "dropped";
  /** The guardrails that it is credibly worse on. */
  readonly worseOn: readonly string[];
}

export interface NextBanditPolicy<P extends SharesPolicy> {
  /** The policy with its new shares: what to publish, as a new policy version. */
  readonly policy: P;
  /** Whether any share is another. Where none is there is nothing to publish. */
  readonly changed: boolean;
  /** In the policy's order. */
  readonly variants: readonly VariantStanding[];
  /** Rates that changed, where the memory looks for them: `period` is the index of the first period that has the new one. */
  readonly changes: readonly {
    readonly variant: string;
    readonly period: number;
    readonly before: number;
    readonly after: number;
  }[];
  /** Variants with counts and without a share: no part of the policy any more. */
  readonly ignored: readonly string[];
  /** Why the shares were left as they are; null where they were not. */
  readonly problem: { readonly code: "no-variant-open"; readonly message: string } | null;
}

const MILLION = 1e6;

/**
 * From what was counted to a bandit's next shares.
 *
 * Outcomes of all periods count alike for a variant, whatever its share was when they came: given the variant, whether a visitor succeeds does not depend on how likely it was to be shown. That breaks
 * where rates change over time while shares do too (a variant shown mostly on weekends looks like a weekend), which is what the memory is for; and where a period's counts leave out those who have not had
 * the time to succeed: count a visitor once the time is over, or the newest shares count against those who have them.
 *
 * Each update is new content, hence a new policy version with propensities of its own, so that every decision can be weighed by the shares it was made under.
 *
 * @param current the policy in use; its variants and their order are kept
 * @param periods the oldest first
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`, and `ATTUNE_STATS_INPUT` for counts that cannot be
 */
export function banditPolicy<P extends SharesPolicy>(
  current: P,
  periods: readonly PeriodCounts[],
  options: BanditPolicyOptions = {},
): NextBanditPolicy<P> {
  const { floor = 0.01, goal = "reward", guardrails = {}, dropBelow = 0, memory, prior } = options;
  const variants = Object.keys(current.shares);
  requireInput(variants.length > 0, "/shares", "Give a policy with at least one variant.");
  requireFloor(floor, variants.length);
  requireInput(dropBelow >= 0 && dropBelow < 0.5, "/dropBelow", "Give a probability from 0 to 0.5.");
  const { arms, changes } = learnArms(
    variants.length,
    periods.map((period) => batchesOf(variants, period)),
    { ...(memory && { memory }), ...(prior && { prior }) },
  );
  const best = rankProbabilities(arms)[0] as number[];
  const breaches = Object.entries(guardrails).map(([metric, guardrail]) => ({
    ...{ metric, then: guardrail.then ?? "floor" },
    worse: worseThan(guardrail, variants, `/guardrails/${metric}`),
  }));
  const standings = variants.map((variant, i) => {
    const breached = breaches.filter(({ worse }) => worse.includes(variant));
    const dropped = (best[i] as number) < dropBelow || breached.some(({ then }) => then === "drop");
    const standing = dropped ? "dropped" : breached.length > 0 ? "held" : "open";
    return { variant, standing, worseOn: breached.map(({ metric }) => metric) } as const;
  });
  const isOpen = standings.map(({ standing }) => standing === "open");
  const shares = isOpen.includes(true)
    ? sharesOf(arms, standings, { floor, goal })
    : variants.map((variant) => current.shares[variant] as number);
  const next = Object.fromEntries(variants.map((variant, i) => [variant, shares[i] as number]));
  return {
    policy: { ...current, shares: next },
    changed: variants.some((variant) => next[variant] !== current.shares[variant]),
    variants: standings.map((standing, i) => ({
      ...standing,
      ...{ share: shares[i] as number, probabilityBest: best[i] as number, known: arms[i] as BetaShape },
    })),
    changes: changes.map(({ arm, since, before, after }) => ({
      ...{ variant: variants[arm] as string, period: since, before, after },
    })),
    ignored: [...new Set(periods.flatMap(Object.keys))].filter((variant) => !variants.includes(variant)),
    problem: isOpen.includes(true)
      ? null
      : {
          code: "no-variant-open",
          message:
            "Guardrails and dropBelow together leave no variant open, so the shares are as they were: look at the metrics and decide by hand which to keep.",
        },
  };
}

/** Those that are open share what the floors of all that are not dropped leave. */
function sharesOf(
  arms: readonly BetaShape[],
  standings: readonly Pick<VariantStanding, "standing">[],
  { floor, goal }: { floor: number; goal: "reward" | "best" },
): number[] {
  const open = arms.filter((_, i) => standings[i]?.standing === "open");
  const exact = (goal === "best" ? topTwoThompson : thompson)(open, { floor: 0 });
  let next = 0;
  const kept = standings.flatMap(({ standing }) =>
    standing === "dropped" ? [] : [standing === "open" ? (exact[next++] as number) : 0],
  );
  const floored = withFloor(kept, floor);
  next = 0;
  return rounded(standings.map(({ standing }) => (standing === "dropped" ? 0 : (floored[next++] as number))));
}

/** Multiples of 1e-6, so that what is published can be read and noise of the last digits is no new version; the largest takes what is left. */
function rounded(shares: readonly number[]): number[] {
  const millionths = shares.map((share) => Math.round(share * MILLION));
  const largest = shares.indexOf(Math.max(...shares));
  const rest = millionths.reduce((sum, share, i) => (i === largest ? sum : sum + share), 0);
  millionths[largest] = MILLION - rest;
  return millionths.map((share) => share / MILLION);
}
