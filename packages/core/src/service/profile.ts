import { grantedPurposes } from "../consent/index.js";
import { engagementScore, intentScore } from "../engagement/index.js";
import { features } from "../state/index.js";
import { consentOf } from "./consent.js";
import type { ServiceContext } from "./context.js";
import type { Traits } from "./fold-visitor.js";
import { SORT, visitorPartition } from "./partitions.js";
import type { VisitorRecord } from "./records.js";
import type { Rulesets } from "./ruleset.js";
import type { Subject } from "./subjects.js";
import type { VisitorProfile } from "./types.js";

/**
 * What is known of a subject now; null if nothing was folded. Of a user with several visitors: the state of the one seen last,
 * and the traits of all, those of the one seen last winning.
 */
export async function profileOf(
  context: ServiceContext,
  rulesets: Rulesets,
  subject: Subject,
): Promise<VisitorProfile | null> {
  const { site, visitors } = subject;
  const keys = visitors.flatMap((visitor) => {
    const partition = visitorPartition(site, visitor);
    return [
      { partition, sort: SORT.state },
      { partition, sort: SORT.traits },
    ];
  });
  const records = await context.hot.getMany<never>(keys);
  const known = visitors.flatMap((_, i) => {
    const record = records[2 * i]?.value as VisitorRecord | undefined;
    return record === undefined
      ? []
      : [{ record, traits: (records[2 * i + 1]?.value as Traits | undefined) ?? {} }];
  });
  known.sort((a, b) => a.record.state.lastSeenAt - b.record.state.lastSeenAt);
  const latest = known[known.length - 1]?.record;
  if (latest === undefined) return null;
  const traits = Object.fromEntries(known.flatMap((one) => Object.entries(one.traits)));
  const vector = features(latest.state);
  const { evaluate } = await rulesets.of(site);
  const consent = await consentOf(context, subject);
  return {
    state: latest.state,
    features: vector,
    // Without a stored decision only the events themselves say what they may be used for: as of the last one, then.
    segments:
      consent === null
        ? latest.segments
        : evaluate(latest.state, latest.segments, traits, grantedPurposes(consent.current.grants)),
    scores: { engagement: engagementScore(vector), intent: intentScore(vector) },
    traits,
    consent,
  };
}
