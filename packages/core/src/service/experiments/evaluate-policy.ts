import { evaluatePolicy, type LoggedDecision } from "../../bandits/index.js";
import { NO_GRANTS } from "../../consent/index.js";
import { validateRuleset } from "../../decisions/index.js";
import type { DecisionVisitor, Ruleset, SlotPolicy } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";
import { fail, type Issue, ok, pointer, type Result } from "../../kernel/result.js";
import { features, fold, initialState, visitorAttributes } from "../../state/index.js";
import type { ServiceContext } from "../context.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { EventRecord } from "../layout/records.js";
import type { Rulesets } from "../rules/ruleset.js";
import { extraAttributes } from "../rules/site-rules.js";
import { mapBounded } from "../tools/queue.js";
import { measureKey } from "./measure-counts.js";
import { VALUE_UNIT } from "./measure-parts.js";
import { compileMeasures } from "./measures.js";
import { policyShares } from "./policy-shares.js";
import { assignmentOf } from "./report-input.js";
import type { EvaluatedPolicy, EvaluateQuery, Measure, Measures } from "./types.js";

const MOST = 10_000;
const WIDTH = 32;
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

const isSeen = (measure: Measure | undefined): boolean =>
  measure !== undefined && measure.reached === undefined;

async function eventsOf({ hot }: ServiceContext, partition: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { value } of hot.scan<EventRecord>(partition, { prefix: SORT.event }))
    events.push(value.event);
  // As they were folded, for all that is still kept of them.
  return events.sort((a, b) => a.occurredAt - b.occurredAt || (a.seq ?? 0) - (b.seq ?? 0));
}

/**
 * What another policy would have earned, from the decisions of one run as they are kept: each visitor's first exposure with the propensity that it tells, and what came of it. Visitors are read one by one and their
 * events folded again up to the exposure, so that the candidate decides by what was known then; what only the page or the request knew (`context`, traits) is not known here, and counts as missing.
 */
export async function evaluateCandidate(
  context: ServiceContext,
  rulesets: Pick<Rulesets, "of">,
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

  const run = measured.run ?? 1;
  const key = measureKey(query.experiment, run);
  const measuring = compileMeasures(ruleset);
  const unit = type === "sum" ? VALUE_UNIT : 1;
  const decisionOf = async (partition: string): Promise<LoggedDecision<Context> | null> => {
    let state = initialState();
    let measures: Measures = {};
    let made: Omit<LoggedDecision<Context>, "reward"> | null = null;
    for (const event of await eventsOf(context, partition)) {
      const wasSeen = isSeen(measures[key]);
      measures = measuring.see(measures, event, () => visitorAttributes(state));
      if (!wasSeen && isSeen(measures[key])) {
        const { variant, propensity } = event.properties;
        if (typeof propensity !== "number" || !(propensity > 0) || propensity > 1) return null;
        const attributes = { ...visitorAttributes(state), ...extraAttributes(state, {}) };
        const vector = Object.values(features(state)).map((value) => soften(value ?? 0));
        made = {
          ...{ variant: String(variant), propensity, visitor: partition },
          context: {
            // Whom chance would choose does not matter here: the candidate's shares do.
            visitor: { id: partition, attributes, consent: { ...NO_GRANTS, necessary: true } },
            features: vector,
          },
        };
      }
      state = fold(state, event);
    }
    return made && { ...made, reward: (measures[key]?.values[metric]?.[0] ?? 0) / unit };
  };

  const { visitors = MOST, estimator = "dr" } = query;
  const partitions: string[] = [];
  let isPart = false;
  for await (const partition of context.hot.partitions(visitorPartition(site, ""))) {
    if (partitions.length === visitors) {
      isPart = true;
      break;
    }
    partitions.push(partition);
  }
  const log = (await mapBounded(partitions, WIDTH, decisionOf)).filter((one) => one !== null);
  if (log.length === 0)
    return fail([
      issue("/experiment", "NO_DECISIONS", "No exposure with a propensity is kept of this run yet."),
    ]);
  const sharesOf = policyShares(checked.value, assigned.slotName, query.candidate);
  const value = evaluatePolicy(log, ({ visitor }) => sharesOf(visitor), {
    estimator,
    features: (one) => one.features,
  });
  return ok({ experiment: query.experiment, run, metric, value, isPart });
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
