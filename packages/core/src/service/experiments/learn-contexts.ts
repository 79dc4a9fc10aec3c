import { requireInput } from "../../bandits/arms.js";
import {
  contextualPolicy,
  driftedLogistic,
  type LogisticArm,
  newLogisticArm,
  updateLogisticArm,
} from "../../bandits/index.js";
import { contextReader, contextualShares } from "../../decisions/contextual.js";
import type { ContextualArm, ContextualPolicy } from "../../decisions/types.js";
import type { ServiceContext } from "../context.js";
import { createTurns, inTurns } from "../tools/turns.js";
import { type KeptDecision, keptDecisions } from "./kept-decisions.js";
import type { Learned, LearnWork } from "./learned.js";
import type { Learning } from "./types.js";

/** Decisions that are learned from at once, and between which something may be forgotten. */
const BATCH = 50;
/** Decisions over whose contexts mean shares are taken: a share is then right to some two points of a hundred. */
const ASKED = 500;
/** Beliefs travel with the ruleset to every page; what is beyond these digits is far below what is known. */
const DIGITS = 12;

const rounded = (values: readonly number[]): number[] =>
  values.map((value) => Number(value.toPrecision(DIGITS)));

/**
 * What is believed after decisions, in the order in which they were made. Without any: what is believed at first. In steps of some milliseconds.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT` for settings that cannot be
 */
export function* beliefsFrom(
  policy: ContextualPolicy,
  decisions: readonly KeptDecision[],
  { lambda, halfLife = Number.POSITIVE_INFINITY, floor, exploration }: Learning,
): Generator<void, ContextualPolicy, void> {
  requireInput(halfLife > 0, "/halfLife", "Give a number of visitors above 0.");
  const keep = 2 ** (-BATCH / halfLife);
  const read = contextReader(policy.context);
  const inOrder = [...decisions].sort((a, b) => a.at - b.at);
  const learned = new Map<string, LogisticArm>();
  for (const variant of Object.keys(policy.arms)) {
    let arm = newLogisticArm(policy.context.length + 1, lambda);
    for (let from = 0; from < inOrder.length; from += BATCH) {
      const batch = inOrder.slice(from, from + BATCH).filter((one) => one.variant === variant);
      arm = updateLogisticArm(keep < 1 ? driftedLogistic(arm, keep) : arm, {
        contexts: batch.map(({ attributes }) => read(attributes)),
        outcomes: batch.map(({ reward }) => (reward > 0 ? 1 : 0)),
      });
      yield;
    }
    learned.set(variant, arm);
  }
  const next = contextualPolicy(policy, Object.fromEntries(learned), {
    ...(floor !== undefined && { floor }),
    ...(exploration !== undefined && { exploration }),
  });
  const arms = Object.entries(next.arms).map(([variant, { mean, covariance }]): [string, ContextualArm] => [
    variant,
    { mean: rounded(mean), covariance: rounded(covariance) },
  ]);
  return { ...next, arms: Object.fromEntries(arms) };
}

/** Of each variant: how many decisions for it there were, and its mean share over the contexts of all, or of some at even distances. */
function* standings(
  policy: ContextualPolicy,
  decisions: readonly KeptDecision[],
): Generator<void, Learned["variants"], void> {
  const sharesOf = contextualShares(policy);
  const names = Object.keys(policy.arms);
  const sums = new Float64Array(names.length);
  const asked = Math.min(ASKED, decisions.length);
  for (let k = 0; k < asked; k++) {
    const { attributes } = decisions[Math.floor((k * decisions.length) / asked)] as KeptDecision;
    sharesOf(attributes).forEach((share, i) => (sums[i] = (sums[i] as number) + share));
    yield;
  }
  return names.map((variant, i) => ({
    variant,
    share: (sums[i] as number) / asked,
    decisions: decisions.filter((one) => one.variant === variant).length,
  }));
}

const isSame = (a: ContextualPolicy["arms"], b: ContextualPolicy["arms"]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/**
 * A contextual policy's next beliefs: of each variant how its odds depend on the context, from all decisions of the run that are kept, each with what was known of its visitor by then. They begin at weights of about 0; the
 * arms that the definition gives are for the time before. Null where the metric is none that is learned from, and where nobody was exposed yet.
 */
export async function learnContexts(
  context: Pick<ServiceContext, "hot" | "clock">,
  policy: ContextualPolicy,
  { site, ruleset, experiment: { definition }, consent }: LearnWork,
): Promise<Learned | null> {
  const metric = definition.measures.primary;
  if (ruleset.metrics?.[metric]?.type !== "conversion") return null;
  const { decisions } = await keptDecisions(context, {
    ...{ site, ruleset, experiment: definition.id, metric, consent },
  });
  if (decisions.length === 0) return null;
  const turn = createTurns();
  const next = await inTurns(beliefsFrom(policy, decisions, definition.learning ?? {}), turn);
  const changed = !isSame(next.arms, policy.arms) || next.floor !== policy.floor;
  return { policy: next, changed, variants: await inTurns(standings(next, decisions), turn), kept: {} };
}
