import type { ConsentPolicy, Purpose } from "../../consent/types.js";
import type { Ruleset } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";
import { fold, initialState, visitorAttributes } from "../../state/index.js";
import type { VisitorState } from "../../state/types.js";
import type { Attributes } from "../../targeting/types.js";
import { isAllowed } from "../access/histories.js";
import type { ServiceContext } from "../context.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { EventRecord } from "../layout/records.js";
import { extraAttributes } from "../rules/site-rules.js";
import { mapBounded } from "../tools/queue.js";
import { createTurns } from "../tools/turns.js";
import { measureKey } from "./measure-counts.js";
import { VALUE_UNIT } from "./measure-parts.js";
import { compileMeasures } from "./measures.js";
import type { Measure, Measures } from "./types.js";

const MOST = 10_000;
const WIDTH = 32;
/** Whoever learns from what visitors did, to decide by it what others see, needs both, at the time and now. */
const PURPOSES: readonly Purpose[] = ["analytics", "personalization"];

/** A visitor's first exposure in a run, what was known of the visitor then, and what came of it. */
export interface KeptDecision {
  /** Names the visitor among those of this site. */
  visitor: string;
  /** Device time, epoch ms. */
  at: number;
  variant: string;
  /** With which it was decided, in (0, 1]; null where the exposure tells none. */
  propensity: number | null;
  /** As the decision knew the visitor, without what only the page or the request knew (`context`, traits). */
  attributes: Attributes;
  /** As it was folded up to the exposure. */
  state: VisitorState;
  /** Of the metric. */
  reward: number;
}

export interface KeptDecisionsQuery {
  site: string;
  ruleset: Ruleset;
  /** Which is measured by the ruleset. */
  experiment: string;
  /** Of the ruleset; no ratio. */
  metric: string;
  /** By which visitors' decisions hold; null: by what they say themselves. */
  consent: ConsentPolicy | null;
  /** So many visitors at most are read (default 10,000). */
  visitors?: number | undefined;
}

const isSeen = (measure: Measure | undefined): boolean =>
  measure !== undefined && measure.reached === undefined;

async function eventsOf({ hot }: Pick<ServiceContext, "hot">, partition: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { value } of hot.scan<EventRecord>(partition, { prefix: SORT.event }))
    events.push(value.event);
  // As they were folded, for all that is still kept of them.
  return events.sort((a, b) => a.occurredAt - b.occurredAt || (a.seq ?? 0) - (b.seq ?? 0));
}

/**
 * The decisions of the run at hand as they are kept, of visitors whose decision covers analytics and personalization by now; only events that were covered by analytics count, as everywhere. Visitors are read one by one and their events folded again up to the exposure, so that what is said of a visitor is what was known by then. Where there are
 * more visitors than may be read, which ones is up to the hashes of their ids.
 */
export async function keptDecisions(
  context: Pick<ServiceContext, "hot" | "clock">,
  { site, ruleset, experiment, metric, consent, visitors = MOST }: KeptDecisionsQuery,
): Promise<{ decisions: KeptDecision[]; isPart: boolean }> {
  const key = measureKey(experiment, ruleset.experiments?.[experiment]?.run ?? 1);
  const measuring = compileMeasures(ruleset);
  const unit = ruleset.metrics?.[metric]?.type === "sum" ? VALUE_UNIT : 1;
  const turn = createTurns();
  const decisionOf = async (partition: string): Promise<KeptDecision | null> => {
    await turn();
    if (!(await isAllowed(context, partition, { policy: consent, purposes: PURPOSES }))) return null;
    let state = initialState();
    let measures: Measures = {};
    let made: Omit<KeptDecision, "reward"> | null = null;
    for (const event of await eventsOf(context, partition)) {
      const wasSeen = isSeen(measures[key]);
      if (event.consent.purposes.includes("analytics"))
        measures = measuring.see(measures, event, { attributes: () => visitorAttributes(state) });
      if (!wasSeen && isSeen(measures[key])) {
        const { variant, propensity } = event.properties;
        const isProbability = typeof propensity === "number" && propensity > 0 && propensity <= 1;
        made = {
          ...{ visitor: partition, at: event.occurredAt, state },
          ...{ variant: String(variant), propensity: isProbability ? propensity : null },
          attributes: { ...visitorAttributes(state), ...extraAttributes(state, {}) },
        };
      }
      state = fold(state, event);
    }
    return made && { ...made, reward: (measures[key]?.values[metric]?.[0] ?? 0) / unit };
  };

  const partitions: string[] = [];
  let isPart = false;
  for await (const partition of context.hot.partitions(visitorPartition(site, ""))) {
    if (partitions.length === visitors) {
      isPart = true;
      break;
    }
    partitions.push(partition);
  }
  const decisions = (await mapBounded(partitions, WIDTH, decisionOf)).filter((one) => one !== null);
  return { decisions, isPart };
}
