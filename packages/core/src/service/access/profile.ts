import { grantedPurposes } from "../../consent/index.js";
import type { ConsentPolicy } from "../../consent/types.js";
import { engagementScore, intentScore } from "../../engagement/index.js";
import { assignmentsOf, features, mergeAssignments } from "../../state/index.js";
import { currentConsent } from "../consent/consent.js";
import type { Subject } from "../consent/subjects.js";
import type { ServiceContext } from "../context.js";
import { createOpener, visibleTraits } from "../door/field-seals.js";
import { storedGrants } from "../door/narrow.js";
import type { Traits } from "../fold/fold-visitor.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { VisitorRecord } from "../layout/records.js";
import type { ActOptions } from "../options.js";
import { NO_SCORES } from "../../decisions/model-scores.js";
import { scoresOf } from "../rules/scores-of.js";
import type { Rulesets } from "../rules/ruleset.js";
import type { VisitorProfile } from "../types.js";

const SENSITIVE = "Sensitive: told only to who asks for it (`profile(id, { sensitive: true })`).";
const WITHHELD = "Not told without consent to personalization.";

/**
 * What is known of a subject now; null if nothing was folded. Of a user with several visitors: the state of the one seen last,
 * the traits of all, those of the one seen last winning, and what was shown on all of them. Without personalization
 * neither scores, traits nor what was shown is told.
 */
export async function profileOf(
  context: ServiceContext,
  { rulesets, policy }: { rulesets: Rulesets; policy: ConsentPolicy | null },
  subject: Subject,
  { sensitive = false, actor }: Omit<ActOptions, "site"> & { sensitive?: boolean } = {},
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
  const known = visitors.flatMap((visitor, i) => {
    const record = records[2 * i]?.value as VisitorRecord | undefined;
    return record === undefined
      ? []
      : [{ visitor, record, traits: (records[2 * i + 1]?.value as Traits | undefined) ?? {} }];
  });
  known.sort((a, b) => a.record.state.lastSeenAt - b.record.state.lastSeenAt);
  const latest = known[known.length - 1]?.record;
  if (latest === undefined) return null;
  const vector = features(latest.state);
  const rules = await rulesets.of(site);
  const consent = await currentConsent(context, subject);
  // Without a stored decision only the events themselves say what they may be used for: as of the last one, then.
  const grants = consent && storedGrants(policy, consent, { now: context.clock.now() });
  const personal = grants === null || grants.personalization;
  const told = new Map<string, string>();
  const traitsOf = async ({ visitor, traits: own }: (typeof known)[number]): Promise<Traits> => {
    if (sensitive) return createOpener(context.subjectKeys, { site, visitor }).traits(own);
    const { visible, sealed } = visibleTraits(own);
    for (const name of sealed) told.set(name, SENSITIVE);
    return visible;
  };
  // Nothing is opened that may not be told.
  const merged = personal ? await Promise.all(known.map(traitsOf)) : [];
  const traits: Traits = Object.fromEntries(merged.flatMap((own) => Object.entries(own)));
  if (sensitive && personal)
    await context.audit.append(site, { type: "sensitive-read", actor, detail: { kind: subject.kind } });
  const purposes = grants === null ? latest.assessed?.purposes : grantedPurposes(grants);
  const modelScores = !personal
    ? NO_SCORES
    : await scoresOf(context, [site, rules], {
        ...{ state: latest.state, key: latest.modelKey ?? null },
        purposes: purposes ?? [],
      });
  return {
    state: latest.state,
    features: vector,
    segments:
      grants === null
        ? latest.segments
        : rules.evaluate({
            ...{ state: latest.state, previous: latest.segments, traits },
            ...{ purposes: grantedPurposes(grants), scores: modelScores },
          }),
    scores: personal ? { engagement: engagementScore(vector), intent: intentScore(vector) } : null,
    modelScores,
    traits,
    assignments: personal
      ? assignmentsOf(mergeAssignments(known.map(({ record }) => record.state.learned.assignments ?? [])))
      : {},
    consent,
    notes: personal
      ? Object.fromEntries(told)
      : { scores: WITHHELD, traits: WITHHELD, assignments: WITHHELD },
  };
}
