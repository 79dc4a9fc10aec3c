import { evaluatePolicy, type LoggedDecision } from "../../bandits/index.js";
import { NO_GRANTS } from "../../consent/index.js";
import type { ConsentPolicy } from "../../consent/types.js";
import { coveredShare } from "../../decisions/assignment.js";
import { validateRuleset } from "../../decisions/index.js";
import type { DecisionVisitor, Ruleset, SlotPolicy } from "../../decisions/types.js";
import { fail, type Issue, ok, pointer, type Result } from "../../kernel/result.js";
import { features } from "../../state/index.js";
import type { ServiceContext } from "../context.js";
import type { Rulesets } from "../rules/ruleset.js";
import { createTurns } from "../tools/turns.js";
import { type KeptDecision, keptDecisions } from "./kept-decisions.js";
import { policyShares, type Shares } from "./policy-shares.js";
import { assignmentOf } from "./report-input.js";
import type { EvaluatedPolicy, EvaluateQuery } from "./types.js";

/** What the model of rewards may know of a visitor, each brought to about 1 in size. */
const soften = (x: number): number => (x > 0 ? Math.log1p(x) : -Math.log1p(-x));

const issue = (path: string, code: string, message: string): Issue => ({
  path,
  code: `ATTUNE_EXPERIMENT_${code}`,
  message,
});

interface Context {
  visitor: DecisionVisitor;
  features: readonly number[];
}

/** What rounding adds to a probability of 1. */
const ROUNDING = 1e-9;

/** @param covered the share of visitors whom the policy covers: of others there is no exposure, so its variants' chances here sum to 1 */
function loggedDecision(
  { visitor, state, attributes, propensity: told, ...rest }: KeptDecision,
  covered: number,
): LoggedDecision<Context> | null {
  // More than that was told under another coverage, and how likely it was is not known.
  if (told === null || told > covered + ROUNDING) return null;
  return {
    ...{ visitor, propensity: Math.min(1, told / covered), variant: rest.variant, reward: rest.reward },
    context: {
      // Whom chance would choose does not matter here: the candidate's shares do.
      visitor: { id: visitor, attributes, consent: { ...NO_GRANTS, necessary: true } },
      features: Object.values(features(state)).map((value) => soften(value ?? 0)),
    },
  };
}

/**
 * What another policy would have earned, from the decisions of one run as they are kept: each visitor's first exposure with the propensity that it tells, among those whom the policy covers, and what came of it. The candidate decides by what was
 * known then; what only the page or the request knew (`context`, traits) is not known here, and counts as missing.
 */
export async function evaluateCandidate(
  context: ServiceContext,
  { rulesets, consent }: { rulesets: Pick<Rulesets, "of">; consent: ConsentPolicy | null },
  { site, query }: { site: string; query: EvaluateQuery },
): Promise<Result<EvaluatedPolicy, Issue[]>> {
  const ruleset = (await rulesets.of(site)).compiled?.ruleset;
  const measured = ruleset?.experiments?.[query.experiment];
  const assigned = ruleset && assignmentOf(ruleset, query.experiment);
  if (ruleset === undefined || measured === undefined || !assigned)
    return fail([issue("/experiment", "UNKNOWN", "Nothing measures and assigns an experiment of this id.")]);
  const { metric = measured.primary } = query;
  const type = ruleset.metrics?.[metric]?.type;
  const isCounted = [
    measured.primary,
    ...(measured.secondary ?? []),
    ...(measured.guardrails ?? []),
  ].includes(metric);
  if (type === undefined || type === "ratio" || !isCounted)
    return fail([issue("/metric", "METRIC", "Name a metric of the experiment that is no ratio.")]);
  const checked = candidateIn(ruleset, assigned.slotName, query.candidate);
  if (!checked.ok) return checked;

  const { visitors, estimator = "dr" } = query;
  const kept = await keptDecisions(context, {
    ...{ site, ruleset, experiment: query.experiment, metric, visitors, consent },
  });
  const covered = coveredShare(assigned.policy);
  const log = kept.decisions.flatMap((one) => loggedDecision(one, covered) ?? []);
  if (log.length === 0)
    return fail([
      issue("/experiment", "NO_DECISIONS", "No exposure with a propensity is kept of this run yet."),
    ]);
  const sharesOf = policyShares(checked.value, assigned.slotName, query.candidate);
  const turn = createTurns();
  const shares = new Map<DecisionVisitor, Shares>();
  for (const { context: asked } of log) {
    if (asked !== undefined) shares.set(asked.visitor, sharesOf(asked.visitor));
    await turn();
  }
  const value = evaluatePolicy(log, ({ visitor }) => shares.get(visitor) as Shares, {
    estimator,
    features: (one) => one.features,
  });
  const { isPart } = kept;
  return ok({ experiment: query.experiment, run: measured.run ?? 1, metric, value, isPart });
}

/** The ruleset with the candidate in the slot, open to everybody: who takes part is not what is asked. */
function candidateIn(ruleset: Ruleset, name: string, candidate: SlotPolicy): Result<Ruleset, Issue[]> {
  const { variants, fallback } = ruleset.slots[name] as Ruleset["slots"][string];
  const slots = { ...ruleset.slots, [name]: { variants, fallback, purposes: [], policy: candidate } };
  const checked = validateRuleset({ ...ruleset, slots });
  if (checked.ok) return checked;
  const at = `${pointer("/slots", name)}/policy`;
  return fail(checked.error.map((one) => ({ ...one, path: one.path.replace(at, "/candidate") })));
}
