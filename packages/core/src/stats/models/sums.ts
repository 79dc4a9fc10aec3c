import { isCount, requireInput } from "../check.js";
import { requireSums } from "../effects/cuped.js";
import { momentsOf, requireSquares, type Summary } from "../effects/moments.js";

/** What the same units came to before: of each one value, 0 where nothing is known. */
export interface PastSums {
  readonly sum: number;
  readonly sumSquares: number;
  /** Σ before × after. */
  readonly sumProducts: number;
}

/** Revenue of visitors of whom most buy nothing. */
export interface RevenueSums {
  readonly type: "revenue";
  /** Visitors, those who bought nothing too. */
  readonly n: number;
  /** Visitors who bought. */
  readonly buyers: number;
  /** Of all visitors' revenue, and of its squares by visitor. */
  readonly sum: number;
  readonly sumSquares: number;
  /** Taken out (CUPED) where it is of at least a hundred visitors and varies. */
  readonly before?: PastSums;
}

/** Events that one unit may have several of, such as support requests. */
export interface CountSums {
  readonly type: "count";
  readonly n: number;
  /** Of all units. */
  readonly events: number;
  /** Over how much they came, such as days or sessions; default one for each unit. */
  readonly exposure?: number;
  /** Of each unit's events. Without it they are taken to come by themselves (Poisson). */
  readonly sumSquares?: number;
  /** Taken out (CUPED) where it is of at least a hundred units and varies; with `sumSquares`, and without `exposure`. */
  readonly before?: PastSums;
}

/** What is summed up of one metric in one variant. */
export type MetricSums = Summary | RevenueSums | CountSums;

/** @throws AttuneError `ATTUNE_STATS_INPUT` at `path` for sums that cannot be */
export function requireMetricSums(sums: MetricSums, path: string): void {
  if (sums.type === "cuped") return requireSums(sums, path);
  if (sums.type !== "revenue" && sums.type !== "count") return void momentsOf(sums, path);
  const { n } = sums;
  requireInput(isCount(n) && n > 0, `${path}/n`, "Give how many units there were: more than 0.");
  if (sums.type === "count") {
    const { events, exposure = n, sumSquares } = sums;
    requireInput(isCount(events), `${path}/events`, "Give how many there were: 0 or more.");
    requireInput(isCount(exposure) && exposure > 0, `${path}/exposure`, "Give the exposure: more than 0.");
    if (sumSquares !== undefined) requireSquares(n, events, sumSquares, `${path}/sumSquares`);
    requireInput(
      sums.before === undefined || (sumSquares !== undefined && sums.exposure === undefined),
      `${path}/before`,
      "What was before is taken out of units' counts: give their `sumSquares`, and no `exposure`.",
    );
    return requirePast(sums, path);
  }
  const { buyers, sum, sumSquares } = sums;
  requireInput(
    isCount(buyers) && buyers <= n,
    `${path}/buyers`,
    "Give how many of them bought: not more than there were.",
  );
  requireInput(Number.isFinite(sum), `${path}/sum`, "Give the sum of their revenue.");
  requireInput(buyers > 0 || sum === 0, `${path}/sum`, "Nobody bought, so there can be no revenue.");
  requireSquares(Math.max(buyers, 1), sum, sumSquares, `${path}/sumSquares`);
  requirePast(sums, path);
}

function requirePast({ n, before }: RevenueSums | CountSums, path: string): void {
  if (before === undefined) return;
  const { sum, sumSquares, sumProducts } = before;
  requireInput(Number.isFinite(sum), `${path}/before/sum`, "Give the sum of what was before.");
  requireSquares(n, sum, sumSquares, `${path}/before/sumSquares`);
  requireInput(
    Number.isFinite(sumProducts),
    `${path}/before/sumProducts`,
    "Give the sum of before times after.",
  );
}
