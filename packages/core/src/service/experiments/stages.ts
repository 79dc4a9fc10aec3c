import type { Stage } from "../../stats/index.js";
import type { Measure } from "./types.js";

/** What each event says of a visitor's way to being counted. */
export const STAGE_OF: ReadonlyMap<string, Stage> = new Map([
  ["Variant Assigned", "assigned"],
  ["Variant Rendered", "rendered"],
  ["Variant Exposed", "delivered"],
]);

/** Visitors whom a holdout kept out count as one variant more; a policy cannot have one of this name, since its variants are its own. */
export const HELD_OUT = "(holdout)";

/** What an event says of a visitor in one experiment. */
export interface Arrival {
  stage: Stage;
  variant: string;
  /** Device time, epoch ms. */
  at: number;
  isKnown: boolean;
  /** Of the visitor at this moment. */
  groups(): Measure["groups"];
  /** What it came to before, of metrics that look back. */
  past?(): Measure["past"];
}

const ORDER: Readonly<Record<Stage, number>> = { assigned: 0, rendered: 1, delivered: 2 };

/** How far somebody has come of whom this is kept. */
export const stageOf = ({ reached }: Measure): Stage => reached ?? "delivered";

/**
 * What an event makes of what is kept of a visitor in one experiment; the same object where that is nothing. Pure. The stages are nested: whoever saw a variant was assigned and shown it, whether or not that was told. Up to
 * the first exposure the latest variant counts, from then on the one that was seen first: being assigned another one is no second variant seen.
 */
export function arrived(before: Measure | undefined, arrival: Arrival): Measure {
  const { stage, variant, at } = arrival;
  if (stage === "delivered") return seen(before, arrival);
  if (before?.variant === HELD_OUT) return before;
  if (before === undefined || ORDER[stage] > ORDER[stageOf(before)])
    return { at, variant, reached: stage, told: true, values: {} };
  return before.told ? before : { ...before, told: true };
}

function seen(before: Measure | undefined, { variant, at, isKnown, groups, past }: Arrival): Measure {
  const known = isKnown ? { known: variant } : {};
  if (before === undefined || before.reached !== undefined) {
    const found = groups();
    const came = past?.();
    const told = before?.told && variant !== HELD_OUT ? { told: true as const } : {};
    return {
      at,
      variant,
      ...known,
      ...told,
      ...(found && { groups: found }),
      ...(came && { past: came }),
      values: {},
    };
  }
  // Whoever has seen a variant took part, whatever a holdout that was made larger does from then on.
  if (variant === HELD_OUT) return before;
  const crossed = before.crossed || variant !== before.variant;
  const isNews = (crossed && !before.crossed) || (before.known === undefined && isKnown);
  return isNews ? { ...known, ...before, ...(crossed && { crossed: true as const }) } : before;
}
