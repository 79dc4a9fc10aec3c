import type { BetaShape, Counts } from "../stats/index.js";
import {
  type ArmBatch,
  discounted,
  newArms,
  pooledPrior,
  requireInput,
  UNIFORM,
  updateArms,
} from "./arms.js";
import {
  type ArmChange,
  type ChangeTriggeredOptions,
  changeTriggered,
  watchArms,
  watchedShapes,
} from "./change-triggered.js";

/**
 * What of the past still counts, in periods (one for each update of the policy, the oldest first): all of it; less with each period; the last ones; or all since something changed.
 */
export type Memory =
  | { readonly type: "all" }
  | {
      readonly type: "discounted" /** How much of what was known a period keeps, [0, 1]. */;
      readonly keep: number;
    }
  | { readonly type: "sliding-window"; readonly periods: number }
  | ({ readonly type: "change-triggered" } & ChangeTriggeredOptions);

/** The default: nothing is lost where nothing changes, and little where something does. */
export const CHANGE_TRIGGERED: Memory = { type: "change-triggered" };

export interface Learned {
  readonly arms: BetaShape[];
  /** What a change-triggered memory saw change. */
  readonly changes: readonly ArmChange[];
}

/**
 * What is known of arms after periods, under a memory.
 *
 * @param options.prior what is believed of a rate beforehand (default `pooled`: see `pooledPrior`)
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function learnArms(
  count: number,
  periods: readonly (readonly ArmBatch[])[],
  { memory = CHANGE_TRIGGERED, prior = "pooled" }: { memory?: Memory; prior?: BetaShape | "pooled" } = {},
): Learned {
  const { arms, changes } = remembered(count, periods, memory, prior === "pooled" ? UNIFORM : prior);
  return { arms: prior === "pooled" ? pooledPrior(arms) : arms, changes };
}

function remembered(
  count: number,
  periods: readonly (readonly ArmBatch[])[],
  memory: Memory,
  prior: BetaShape,
): Learned {
  switch (memory.type) {
    case "all":
      return { arms: updateArms(newArms(count, prior), periods.flat()), changes: [] };
    case "discounted": {
      let arms = newArms(count, prior);
      for (const period of periods) arms = updateArms(discounted(arms, memory.keep, prior), period);
      return { arms, changes: [] };
    }
    case "sliding-window": {
      const { periods: last } = memory;
      requireInput(
        Number.isInteger(last) && last > 0,
        "/memory/periods",
        "Give a number of periods above 0.",
      );
      return { arms: updateArms(newArms(count, prior), periods.slice(-last).flat()), changes: [] };
    }
    case "change-triggered": {
      let watched = watchArms(count);
      for (const period of periods) watched = changeTriggered(watched, period, memory);
      return { arms: watchedShapes(watched, prior), changes: watched.changes };
    }
  }
}

/** The batches of one period, in the order of the variants; variants without counts are left out. */
export const batchesOf = (
  variants: readonly string[],
  period: Readonly<Record<string, Counts>>,
): ArmBatch[] =>
  variants.flatMap((variant, arm) => {
    const counts = Object.hasOwn(period, variant) ? period[variant] : undefined;
    return counts === undefined ? [] : [{ arm, successes: counts.successes, trials: counts.trials }];
  });
