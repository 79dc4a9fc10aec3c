import { validateRuleset } from "../decisions/index.js";
import { memoryChannel } from "../memory/index.js";
import { systemClock } from "../kernel/clock.js";
import { createDevelopmentReport } from "../kernel/development.js";
import { AttuneError } from "../kernel/errors.js";
import { createIdSource } from "../kernel/ids.js";
import { createSecureRandom } from "../kernel/random.js";
import { createWrapping } from "../privacy/index.js";
import { createAssessments } from "./assessments.js";
import { createAudit } from "./audit.js";
import { consentOf, recordConsent } from "./consent.js";
import type { ServiceContext } from "./context.js";
import { listLetters, replayLetters } from "./dead-letters.js";
import { decide } from "./decide.js";
import { createDeviceClocks } from "./device-clocks.js";
import { eraseSubject } from "./erase.js";
import { exportSubject } from "./export.js";
import { createFieldSeals } from "./field-seals.js";
import { probe } from "./health.js";
import { ingest } from "./ingest.js";
import { storedKeys } from "./keys.js";
import { createLetterSeals } from "./letter-seals.js";
import { createLeftEffects } from "./left-effects.js";
import { keepListening } from "./listen.js";
import { createFoldingClaim } from "./folding-claim.js";
import { createLoad } from "./load.js";
import { createMinimisers } from "./minimiser.js";
import { checkSite } from "./partitions.js";
import { profileOf } from "./profile.js";
import { createPseudonyms } from "./pseudonyms.js";
import { createKeyedQueue } from "./queue.js";
import { createRulesets } from "./ruleset.js";
import { createRollups } from "./rollup-writer.js";
import { createSampling } from "./sampling.js";
import { readFigure } from "./series.js";
import { sensitiveConditions, sensitiveFields } from "./sensitive.js";
import { createSubjectKeys } from "./subject-keys.js";
import { rebuild } from "./rebuild.js";
import { resolveSubject } from "./subjects.js";
import { subscribeFrames } from "./subscribe.js";
import { experimentCounts, segmentSize, summarise } from "./summary.js";
import { sweep, sweepRollups } from "./sweep.js";
import type { ServiceOptions } from "./options.js";
import type { PersonalizationService, SubjectId } from "./types.js";
import { createVisitorCache } from "./visitor-cache.js";
import { createWaiting } from "./waiting.js";
import { caughtUp, startWorker } from "./worker.js";

const DAY_MS = 86_400_000;
const MIN_RETENTION_MS = 7 * DAY_MS;

function contextOf(options: ServiceOptions): ServiceContext {
  const { stores, retentionMs = 395 * DAY_MS, clock = systemClock } = options;
  // Hosts in JavaScript may have left it out.
  if (!(stores as Partial<ServiceOptions["stores"]> | undefined)?.hot) {
    throw new AttuneError(
      "ATTUNE_SERVICE_STORES",
      "A service needs a store: hand in { stores: { hot: memoryStore() } } from @attune/core/memory, or an adapter's.",
      { path: "/stores/hot" },
    );
  }
  const unheard = createDevelopmentReport();
  const report = (error: unknown): void => (options.report ? options.report(error) : unheard(error));
  if (!(retentionMs >= MIN_RETENTION_MS)) {
    throw new AttuneError(
      "ATTUNE_SERVICE_RETENTION",
      "Events are kept for at least 7 days, so that none takes effect twice; raise retentionMs.",
      {
        path: "/retentionMs",
      },
    );
  }
  const durable = stores.durable ?? stores.hot;
  const keys = options.keys ?? storedKeys(durable);
  const wrapping = keys.wrapping && createWrapping({ wrapping: keys.wrapping.bind(keys) }, clock);
  const random = createSecureRandom();
  const subjectKeys = wrapping ? createSubjectKeys({ hot: stores.hot, clock, retentionMs }, wrapping) : null;
  const sensitive = sensitiveFields(options.sensitive ?? []);
  if (sensitive.length > 0 && subjectKeys === null) {
    throw new AttuneError(
      "ATTUNE_SERVICE_SENSITIVE",
      "Fields can be sensitive only where keys are kept apart from the data: hand in `keys` with wrapping keys (fileKeys or kmsKeys of @attune/server-adapters).",
      { path: "/sensitive" },
    );
  }
  let channel = options.channel ?? null;
  const series = options.series ?? null;
  const queue = createKeyedQueue();
  const ids = createIdSource(clock, random);
  const visitors = createVisitorCache({ hot: stores.hot, clock, channel }, options.cache?.visitors);
  return {
    hot: stores.hot,
    durable,
    log: options.log ?? null,
    series,
    rollups: series === null ? null : createRollups({ hot: stores.hot, clock, queue, report }, series),
    get channel() {
      return channel;
    },
    liveChannel: () => (channel ??= memoryChannel({ report })),
    clock,
    random,
    ids,
    pseudonyms: createPseudonyms(keys),
    audit: createAudit({ durable, keys, clock, random, queue }),
    subjectKeys,
    letterSeals: wrapping ? createLetterSeals({ hot: stores.hot, clock }, wrapping) : null,
    fields: sensitive.length > 0 && subjectKeys !== null ? createFieldSeals(subjectKeys, sensitive) : null,
    visitors,
    assessments: createAssessments(),
    claim: createFoldingClaim({ hot: stores.hot, clock, ids, visitors }),
    queue,
    retentionMs,
    lost: { entries: 0 },
    report,
  };
}

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

/**
 * The headless back end over ports: what a host calls from its own routes.
 * @throws ATTUNE_SERVICE_STORES without a store, ATTUNE_SERVICE_SENSITIVE for a field that cannot be sensitive or without keys for it,
 *   ATTUNE_SERVICE_RULESET for a ruleset that is not valid, ATTUNE_SERVICE_RETENTION for less than 7 days, ATTUNE_SERVICE_CACHE and
 *   ATTUNE_SERVICE_SAMPLING for bounds that are none.
 */
export function createPersonalizationService(options: ServiceOptions): PersonalizationService {
  const context = contextOf(options);
  const { ruleset, consent: policy = null } = options;
  const checked = ruleset === undefined ? null : validateRuleset(ruleset);
  const issues = checked?.ok
    ? sensitiveConditions(checked.value, context.fields?.fields ?? [])
    : (checked?.error ?? []);
  if (issues.length > 0) {
    const { path = "", message = "" } = issues[0] ?? {};
    throw new AttuneError("ATTUNE_SERVICE_RULESET", `The ruleset is not valid: ${message}`, {
      path: `/ruleset${path}`,
    });
  }
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
    if (!checked?.ok) return;
    const loaded = await rulesets.load("default", checked.value, replace);
    for (const { path, message } of loaded.ok ? loaded.value.warnings : loaded.error)
      context.report(
        loaded.ok
          ? new AttuneError("ATTUNE_SERVICE_RULESET_WARNING", `The ruleset, ${path}: ${message}`)
          : new AttuneError(
              "ATTUNE_SERVICE_RULESET_KEPT",
              `The given ruleset was ignored. ${message} In createPersonalizationService that is onStoredRuleset: "replace".`,
            ),
      );
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
    async ingest(events, given = {}) {
      if (!Array.isArray(events))
        throw new AttuneError(
          "ATTUNE_SERVICE_EVENTS",
          "Events are handed in as an array; wrap a single one in [ ].",
        );
      await ready();
      return ingest(context, parts, events, given);
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
    async loadRuleset(given, { site, actor, replace: whatever = false } = {}) {
      await ready();
      const loaded = await rulesets.load(checkSite(site), given, whatever);
      if (loaded.ok && loaded.value.changed) {
        const { version, revision } = loaded.value;
        await context.audit.append(checkSite(site), {
          type: "ruleset",
          actor,
          detail: { version, revision },
        });
      }
      return loaded;
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
