import { AttuneError } from "../kernel/errors.js";
import { exportSubject } from "./access/export.js";
import { histories } from "./access/histories.js";
import { createHandovers } from "./access/handovers.js";
import { privacyReport } from "./access/privacy-report.js";
import { profileOf } from "./access/profile.js";
import { consentOf, recordConsent } from "./consent/consent.js";
import { pseudonymOf, resolveSubject } from "./consent/subjects.js";
import type { ServiceContext } from "./context.js";
import { createContext } from "./create-context.js";
import { ingest } from "./door/ingest.js";
import { eraseSubject } from "./erase/erase.js";
import { readFigure } from "./figures/read-figure.js";
import { evaluateCandidate } from "./experiments/evaluate-policy.js";
import { experimentResults } from "./experiments/experiment-results.js";
import { experimentSums } from "./experiments/experiment-sums.js";
import { review } from "./experiments/review.js";
import { createExperiments } from "./experiments/experiments.js";
import { crossedCount, experimentCounts, segmentSize, summarise } from "./figures/summary.js";
import { checkSite } from "./layout/partitions.js";
import { listLetters, replayLetters } from "./letters/replay-letters.js";
import { subscribeFrames } from "./live/subscribe.js";
import type { ServiceOptions } from "./options.js";
import { createSegments } from "./rules/segments.js";
import { decide } from "./rules/decide.js";
import { type RunningService, runService } from "./run.js";
import type { PersonalizationService, SubjectId } from "./types.js";
import { probe } from "./upkeep/health.js";
import { rebuild } from "./upkeep/rebuild.js";

type Parts = RunningService["parts"];

/** What a report looks back over unless told otherwise, ms. */
const REPORT_MS = 30 * 86_400_000;

/** Events in, decisions out. */
function visits(
  context: ServiceContext,
  parts: Parts,
): Pick<PersonalizationService, "ingest" | "decide" | "loadRuleset" | "ruleset" | "subscribe"> {
  const { ready, rulesets } = parts;
  return {
    async ingest(events, asked = {}) {
      if (!Array.isArray(events))
        throw new AttuneError(
          "ATTUNE_SERVICE_EVENTS",
          "Events are handed in as an array; wrap a single one in [ ].",
        );
      await ready();
      return ingest(context, parts, events, asked);
    },
    decide: (visitor, slots, facts = {}) => decide(context, parts, visitor, { slots, context: facts }),
    async loadRuleset(later, asked) {
      await ready();
      return rulesets.load(later, asked);
    },
    async ruleset(site) {
      await ready();
      return (await rulesets.of(checkSite(site))).compiled;
    },
    subscribe: (filter, listener) => subscribeFrames(context, filter, listener),
  };
}

/** What a person may ask for, and what is done to what is kept of them. */
function rights(
  context: ServiceContext,
  parts: Parts,
): Pick<
  PersonalizationService,
  | "profile"
  | "consent"
  | "consentOf"
  | "verifyReceipt"
  | "receiptKey"
  | "exportData"
  | "erase"
  | "pseudonymOf"
> {
  const subject = (id: SubjectId, site: string | undefined) => resolveSubject(context, checkSite(site), id);
  return {
    profile: async (id, { site, ...asked } = {}) => profileOf(context, parts, await subject(id, site), asked),
    consent: async (id, input, { site, gpc, receipt } = {}) =>
      recordConsent(context, { ...parts, gpc, receipt }, await subject(id, site), input),
    consentOf: async (id, { site } = {}) => consentOf(context, await subject(id, site)),
    receiptKey: async ({ site } = {}) => context.receipts.publicKey(checkSite(site)),
    verifyReceipt: async (receipt, { site } = {}) => context.receipts.verify(checkSite(site), receipt),
    exportData: async (id, { site, ...asked } = {}) => exportSubject(context, await subject(id, site), asked),
    erase: async (id, { site, ...asked } = {}) =>
      eraseSubject(context, { site: checkSite(site), id, ...asked }),
    pseudonymOf: async (id, { site } = {}) => pseudonymOf(context, checkSite(site), id),
  };
}

/** What a visitor's own browser shows who it is by. */
const tokens = ({
  tokens: own,
}: ServiceContext): Pick<PersonalizationService, "issueVisitorToken" | "readVisitorToken"> => ({
  issueVisitorToken: (visitorId, { site } = {}) => own.issue(visitorId, checkSite(site)),
  readVisitorToken: (token, { sites = ["default"] } = {}) => own.read(token, sites),
});

/** What a visitor comes to another domain by. */
function handovers(
  context: ServiceContext,
  { policy }: Parts,
): Pick<PersonalizationService, "issueHandover" | "redeemHandover"> {
  const { issue, redeem } = createHandovers(context, policy);
  return { issueHandover: issue, redeemHandover: redeem };
}

/** What was counted. */
function figures(
  context: ServiceContext,
  { rulesets }: Parts,
): Pick<
  PersonalizationService,
  "summary" | "experiment" | "experimentSums" | "crossed" | "series" | "segmentSize"
> {
  return {
    async experimentSums(experiment, { site: given, run } = {}) {
      const site = checkSite(given);
      const ruleset = (await rulesets.of(site)).compiled?.ruleset;
      return ruleset === undefined ? null : experimentSums(context, site, { ruleset, experiment, run });
    },
    summary: async (site, { names } = {}) => summarise(context, checkSite(site), names),
    experiment: async (name, { site } = {}) => experimentCounts(context, checkSite(site), name),
    crossed: async (name, { site } = {}) => crossedCount(context, checkSite(site), name),
    series: async (query, { site } = {}) => readFigure(context, checkSite(site), query),
    segmentSize: async (name, { site } = {}) => segmentSize(context, checkSite(site), name),
  };
}

/** Who visitors are. */
const segmentsOf = (context: ServiceContext, parts: Parts): Pick<PersonalizationService, "segments"> => ({
  segments: createSegments(context, parts),
});

/** What people try out. */
function experiments(
  context: ServiceContext,
  { rulesets, ready, policy: consent }: Parts,
): Pick<PersonalizationService, "experiments"> {
  const all = createExperiments(context, rulesets);
  const { get, list, history, define, act } = all;
  return {
    experiments: {
      // One after the other: each reads thousands of visitors and works on them for a while.
      evaluate: async (query, { site: given } = {}) => {
        const site = checkSite(given);
        return context.queue("evaluate", () =>
          evaluateCandidate(context, { rulesets, consent }, { site, query }),
        );
      },
      review: async ({ site } = {}) =>
        review(context, { rulesets, experiments: all, consent }, checkSite(site)),
      results: async (id, { site, run } = {}) =>
        experimentResults(context, { rulesets, experiments: all }, { site: checkSite(site), id, run }),
      get: async (id, { site } = {}) => get(checkSite(site), id),
      list: async ({ site } = {}) => list(checkSite(site)),
      history: async (id, { site } = {}) => history(checkSite(site), id),
      async define(definition, { site, actor } = {}) {
        await ready();
        return define({ site: checkSite(site), actor }, definition);
      },
      async act(id, action, { site, actor } = {}) {
        await ready();
        return act({ site: checkSite(site), actor }, id, action);
      },
    },
  };
}

/** What somebody looks at who answers for it. */
function records(
  context: ServiceContext,
  parts: Parts,
): Pick<PersonalizationService, "deadLetters" | "audit" | "privacyReport" | "histories"> {
  return {
    histories: ({ site, purposes } = {}) =>
      histories(context, parts.policy, {
        site: checkSite(site),
        purposes: purposes ?? (["personalization"] as const),
      }),
    privacyReport: async ({
      site,
      to = context.clock.now() + 1,
      from = to - REPORT_MS,
      visitors = 10_000,
    } = {}) => privacyReport(context, parts, { site: checkSite(site), from, to, visitors }),
    deadLetters: {
      list: async (after = null, limit = 100, { site } = {}) =>
        listLetters(context, checkSite(site), { after, limit }),
      replay: async (ids, { site } = {}) => replayLetters(context, parts, { site: checkSite(site), ids }),
    },
    audit: {
      append: async (fact, { site, isSame } = {}) => context.audit.append(checkSite(site), fact, isSame),
      list: async ({ site, after = 0, limit = 200 } = {}) =>
        context.audit.list(checkSite(site), after, limit),
      checkpoint: async (site) => context.audit.checkpoint(checkSite(site)),
      verify: async ({ site, checkpoints = [] } = {}) => context.audit.verify(checkSite(site), checkpoints),
    },
  };
}

/**
 * The headless back end over ports: what a host calls from its own routes.
 * @throws ATTUNE_SERVICE_STORES without a store, ATTUNE_SERVICE_SENSITIVE for a field that cannot be sensitive or without keys for it,
 *   ATTUNE_SERVICE_RULESET for a ruleset that is not valid, ATTUNE_SERVICE_CONSENT_POLICY for such a policy, ATTUNE_SERVICE_RETENTION for less
 *   than 7 days or more than 100 years, ATTUNE_SERVICE_CACHE and ATTUNE_SERVICE_SAMPLING for bounds that are none.
 */
export function createPersonalizationService(options: ServiceOptions): PersonalizationService {
  const context = createContext(options);
  const { parts, sweep, settled, close } = runService(context, options);
  return {
    ...visits(context, parts),
    ...rights(context, parts),
    ...tokens(context),
    ...handovers(context, parts),
    ...figures(context, parts),
    ...segmentsOf(context, parts),
    ...experiments(context, parts),
    ...records(context, parts),
    rebuild: (progress) => rebuild(context, progress),
    cacheStats: () => ({
      ...context.visitors.counts(),
      ruleset: parts.rulesets.counts(),
      segments: context.assessments.counts(),
    }),
    health: () => probe(context),
    sweep,
    settled,
    close,
  };
}
