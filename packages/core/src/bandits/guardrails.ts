import { type Counts, credibleInterval } from "../stats/index.js";
import { requireInput } from "./arms.js";

/** A metric that must not become worse while another one is learned: how many of how many (errors, bounces, refunds), by variant. */
export interface Guardrail {
  readonly counts: Readonly<Record<string, Counts>>;
  /** The variant that the others are held against. */
  readonly against: string;
  /** Whether less of it is better, as of errors. Default false. */
  readonly lowerIsBetter?: boolean;
  /** How much worse is borne, in the units of a rate, from 0 (default). */
  readonly margin?: number;
  /** How probable it must be that a variant is worse by more than the margin, (0.5, 1). Default 0.95. */
  readonly level?: number;
  /** What such a variant keeps: the least share (default), with which it can still show that it is not worse, or nothing. */
  readonly then?: "floor" | "drop";
}

/**
 * The variants that are credibly worse, by the exact interval of the difference of two rates. Looked at again and again it will be wrong now and then, which costs the variant its share until the next look
 * and nobody anything else: that is the side on which a guardrail may err.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`, and `ATTUNE_STATS_INPUT` for counts that cannot be
 */
export function worseThan(guardrail: Guardrail, variants: readonly string[], path: string): string[] {
  const { counts, against, lowerIsBetter = false, margin = 0, level = 0.95 } = guardrail;
  requireInput(margin >= 0 && margin < 1, `${path}/margin`, "Give a margin from 0 to 1.");
  requireInput(level > 0.5 && level < 1, `${path}/level`, "Give a level between 0.5 and 1, such as 0.95.");
  const control = Object.hasOwn(counts, against) ? counts[against] : undefined;
  requireInput(
    control !== undefined && variants.includes(against),
    `${path}/against`,
    "Name a variant that has a share and counts.",
  );
  return variants.filter((variant) => {
    const own = Object.hasOwn(counts, variant) ? counts[variant] : undefined;
    if (variant === against || own === undefined) return false;
    // One side of an interval at 2 level − 1 leaves out 1 − level.
    const { lower, upper } = credibleInterval(control, own, { level: 2 * level - 1 });
    return lowerIsBetter ? lower > margin : upper < -margin;
  });
}
