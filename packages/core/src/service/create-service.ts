import { validateRuleset } from "../decisions/index.js";
import type { Ruleset } from "../decisions/types.js";
import { AttuneError } from "../kernel/errors.js";
import type { Issue, Result } from "../kernel/result.js";
import { consentOf, recordConsent } from "./consent.js";
import type { ServiceContext } from "./context.js";
import { createContext } from "./create-context.js";
import { listLetters, replayLetters } from "./dead-letters.js";
import { decide } from "./decide.js";
import { createDeviceClocks } from "./device-clocks.js";
import { eraseSubject } from "./erase.js";
import { exportSubject } from "./export.js";
import { probe } from "./health.js";
import { ingest } from "./ingest.js";
import { createLeftEffects } from "./left-effects.js";
import { keepListening } from "./listen.js";
import { createLoad } from "./load.js";
import { createMinimisers } from "./minimiser.js";
import { checkSite } from "./partitions.js";
import { profileOf } from "./profile.js";
import { createRulesets, type LoadHow, type Rulesets } from "./ruleset.js";
import { createSampling } from "./sampling.js";
import { readFigure } from "./series.js";
import { sensitiveConditions } from "./sensitive.js";
import { rebuild } from "./rebuild.js";
import { resolveSubject } from "./subjects.js";
import { subscribeFrames } from "./subscribe.js";
import { experimentCounts, segmentSize, summarise } from "./summary.js";
import { sweep, sweepRollups } from "./sweep.js";
import type { ActOptions, ServiceOptions } from "./options.js";
import type { LoadedRuleset, PersonalizationService, SubjectId } from "./types.js";
import { createWaiting } from "./waiting.js";
import { caughtUp, startWorker } from "./worker.js";

/** The given ruleset is stored at the first use, as far as what is stored gives way; after a failure the next use tries again. */
function onceLoaded(load: () => Promise<unknown>): () => Promise<void> {
  let loading: Promise<void> | null = null;
  return () => {
    loading ??= load().then(
      () => undefined,
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  };
}

/** @throws ATTUNE_SERVICE_RULESET with the first issue's path. */
function checkedRuleset({ fields }: ServiceContext, ruleset: unknown): Ruleset {
  const checked = validateRuleset(ruleset);
  const issues = checked.ok ? sensitiveConditions(checked.value, fields?.fields ?? []) : checked.error;
  if (checked.ok && issues.length === 0) return checked.value;
  const { path = "", message = "" } = issues[0] ?? {};
  throw new AttuneError("ATTUNE_SERVICE_RULESET", `The ruleset is not valid: ${message}`, {
    path: `/ruleset${path}`,
  });
}

/** Stores the host's ruleset as far as what is stored gives way, and reports what it should know. */
async function loadGiven(
  { report }: ServiceContext,
  rulesets: Rulesets,
  given: Ruleset,
  replace: boolean,
): Promise<void> {
  const loaded = await rulesets.load("default", given, { replace });
  for (const { path, message } of loaded.ok ? loaded.value.warnings : loaded.error)
    report(
      loaded.ok
        ? new AttuneError("ATTUNE_SERVICE_RULESET_WARNING", `The ruleset, ${path}: ${message}`)
        : new AttuneError(
            "ATTUNE_SERVICE_RULESET_KEPT",
            `The given ruleset was ignored. ${message} In createPersonalizationService that is onStoredRuleset: "replace".`,
          ),
    );
}

/** Publishes a ruleset of a site, and notes in the audit log that it was changed. */
async function loadRuleset(
  { audit }: ServiceContext,
  rulesets: Rulesets,
  given: unknown,
  { site: name, actor, ...how }: ActOptions & LoadHow = {},
): Promise<Result<LoadedRuleset, Issue[]>> {
  const site = checkSite(name);
  const loaded = await rulesets.load(site, given, how);
  if (loaded.ok && loaded.value.changed) {
    const { version, revision } = loaded.value;
    await audit.append(site, { type: "ruleset", actor, detail: { version, revision } });
  }
  return loaded;
}

/**
 * The headless back end over ports: what a host calls from its own routes.
 * @throws ATTUNE_SERVICE_STORES without a store, ATTUNE_SERVICE_SENSITIVE for a field that cannot be sensitive or without keys for it,
 *   ATTUNE_SERVICE_RULESET for a ruleset that is not valid, ATTUNE_SERVICE_RETENTION for less than 7 days, ATTUNE_SERVICE_CACHE and
 *   ATTUNE_SERVICE_SAMPLING for bounds that are none.
 */
export function createPersonalizationService(options: ServiceOptions): PersonalizationService {
  const context = createContext(options);
  const { ruleset, consent: policy = null } = options;
  const given = ruleset === undefined ? null : checkedRuleset(context, ruleset);
  const rulesets = createRulesets(context);
  const waiting = createWaiting(context.ids());
  const sampling = options.sampling ? createSampling(options.sampling, () => context.clock.now()) : null;
  const parts = {
    sampling: sampling && { sampling, load: createLoad(context, sampling) },
    rulesets,
    policy,
    waiting,
    minimisers: createMinimisers(),
    clocks: createDeviceClocks(),
  };
  const replace = options.onStoredRuleset === "replace";
  const ready = onceLoaded(async () => {
    if (given !== null) await loadGiven(context, rulesets, given, replace);
  });
  // Of the worker alone: while the log is folded anew nobody else may count.
  const left = options.worker === false ? null : createLeftEffects(context);
  let recovering = Promise.resolve();
  const listening = keepListening(context, { rulesets, waiting }, async () => {
    if (left === null) return null;
    // What one that died has left behind.
    recovering = sweepRollups(context);
    return startWorker(context, { ...parts, ready, left });
  });

  const subject = (id: SubjectId, site: string | undefined) => resolveSubject(context, checkSite(site), id);
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
    decide: (visitor, slots, facts = {}) =>
      decide(context, { ...parts, ready }, visitor, { slots, context: facts }),
    profile: async (id, { site, ...asked } = {}) => profileOf(context, parts, await subject(id, site), asked),
    consent: async (id, input, { site, gpc, receipt } = {}) =>
      recordConsent(context, { ...parts, gpc, receipt }, await subject(id, site), input),
    consentOf: async (id, { site } = {}) => consentOf(context, await subject(id, site)),
    exportData: async (id, { site, actor } = {}) => exportSubject(context, await subject(id, site), actor),
    erase: async (id, { site, actor } = {}) => eraseSubject(context, { site: checkSite(site), id, actor }),
    async pseudonymOf(id, { site } = {}) {
      const pseudonym = await context.pseudonyms.of(checkSite(site));
      if ("visitorId" in id) return pseudonym("v", id.visitorId);
      return "sessionId" in id ? pseudonym("s", id.sessionId) : pseudonym("u", id.userId);
    },
    subscribe: (filter, listener) => subscribeFrames(context, filter, listener),
    async loadRuleset(later, asked) {
      await ready();
      return loadRuleset(context, rulesets, later, asked);
    },
    async ruleset(site) {
      await ready();
      return (await rulesets.of(checkSite(site))).compiled;
    },
    summary: async (site, { names } = {}) => summarise(context, checkSite(site), names),
    experiment: async (name, { site } = {}) => experimentCounts(context, checkSite(site), name),
    series: async (query, { site } = {}) => readFigure(context, checkSite(site), query),
    segmentSize: async (name, { site } = {}) => segmentSize(context, checkSite(site), name),
    deadLetters: {
      list: async (after = null, limit = 100, { site } = {}) =>
        listLetters(context, checkSite(site), { after, limit }),
      replay: async (ids, { site } = {}) => replayLetters(context, parts, { site: checkSite(site), ids }),
    },
    audit: {
      append: (fact, { site } = {}) => context.audit.append(checkSite(site), fact),
      list: ({ site, after = 0, limit = 200 } = {}) => context.audit.list(checkSite(site), after, limit),
      checkpoint: (site) => context.audit.checkpoint(checkSite(site)),
      verify: ({ site, checkpoints = [] } = {}) => context.audit.verify(checkSite(site), checkpoints),
    },
    rebuild: (progress) => rebuild(context, progress),
    sweep: () => sweep(context, left),
    async settled() {
      await caughtUp(context, listening.isOpen);
      await context.rollups?.flush().catch(context.report);
    },
    cacheStats: () => ({
      ...context.visitors.counts(),
      ruleset: rulesets.counts(),
      segments: context.assessments.counts(),
    }),
    health: () => probe(context),
    async close() {
      try {
        await listening.stop();
      } finally {
        await left?.stop();
        await context.rollups?.stop();
        await recovering;
        // Where the store does not answer any more it ends by itself.
        await context.claim.release().catch(() => undefined);
      }
    },
  };
}
