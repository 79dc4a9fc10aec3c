import type {
  AuditCheckpoint,
  AuditEntry,
  AuditVerdict,
  DecideResult,
  PrivacyReport,
  SignedConsentReceipt,
  SiteSummary,
  StoredConsent,
  VisitorExport,
} from "@attune/core/service";
import { CONSENT_LEVELS } from "@attune/core/wire";
import * as v from "valibot";
import type { SimulationStatus } from "../simulate/simulation.js";

/*
 * What is answered, as schemas: the document and the client's types are made of them, and every answer that a test receives is held to them.
 * They are functions, so that importing this file makes nothing.
 */

/** A schema of what the core gives: its type is the core's own, its parts are described as far as they help. */
const typed = <T>(schema: v.GenericSchema<unknown, unknown>) => schema as v.GenericSchema<T, T>;

const count = () => v.pipe(v.number(), v.integer(), v.minValue(0));
const share = () => v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const moment = () => v.pipe(v.string(), v.isoTimestamp());
const notes = () => v.record(v.string(), v.string());
const figure = () => v.nullable(v.pipe(v.number(), v.minValue(0)));
const grants = () =>
  v.strictObject({
    necessary: v.boolean(),
    analytics: v.boolean(),
    personalization: v.boolean(),
    marketing: v.boolean(),
    advertising: v.boolean(),
  });

const issue = () => v.strictObject({ path: v.string(), code: v.string(), message: v.string() });

export const problemBody = () =>
  v.strictObject({
    type: v.pipe(v.string(), v.description("The stable code.")),
    title: v.string(),
    status: count(),
    detail: v.pipe(v.string(), v.description("What is wrong, and its cure.")),
    instance: v.string(),
    errors: v.array(issue()),
  });

const insights = () =>
  v.strictObject({
    engagementScore: share(),
    intentProbability: share(),
    behaviorPattern: v.nullable(v.string()),
    nextActionPrediction: v.null(),
    recommendedAction: v.null(),
    notes: notes(),
  });

const decision = () =>
  v.looseObject({
    slot: v.string(),
    variant: v.nullable(v.string()),
    value: v.unknown(),
    reason: v.string(),
    propensity: v.nullable(share()),
    rulesetVersion: v.nullable(v.string()),
    purposes: v.array(v.string()),
    isFallback: v.boolean(),
  });
const decisions = () =>
  typed<DecideResult["decisions"]>(v.record(v.string(), decision()) as v.GenericSchema<unknown, unknown>);

export const eventAnswer = () =>
  v.strictObject({
    eventId: v.nullable(v.string()),
    processed: v.boolean(),
    duplicate: v.nullable(v.boolean()),
    sampled: v.pipe(count(), v.description("1 where, under load, others of its name stand for it; else 0.")),
    processingTime: v.pipe(v.number(), v.minValue(0)),
    triggers: v.array(v.unknown()),
    decisions: v.nullable(decisions()),
    insights: v.nullable(insights()),
    privacyCompliance: v.strictObject({
      dataProcessing: v.picklist(["none", "permitted-purposes"]),
      consentStatus: v.picklist(["withheld", "granted"]),
      anonymization: v.literal("pseudonymised"),
      retention: v.pipe(v.number(), v.description("How long it is kept, ms.")),
    }),
    notes: notes(),
  });

export const batchAnswer = () =>
  v.strictObject({
    accepted: count(),
    duplicates: v.nullable(count()),
    withheld: count(),
    sampled: v.pipe(
      count(),
      v.description(
        "Of the accepted, those that others of their name stand for, since the server is under load.",
      ),
    ),
    rejected: v.array(
      v.strictObject({ index: count(), eventId: v.optional(v.string()), errors: v.array(issue()) }),
    ),
  });

export const privacyEventAnswer = () =>
  v.strictObject({
    eventId: v.nullable(v.string()),
    stored: v.pipe(
      v.boolean(),
      v.description("False where consent does not cover it: nothing is kept then."),
    ),
    privacyCompliance: v.strictObject({
      consentLevel: v.picklist(CONSENT_LEVELS),
      purposes: v.array(v.string()),
      anonymization: v.picklist(["session", "full"]),
      retention: v.pipe(v.nullable(count()), v.description("How long it is kept, ms.")),
      sharing: v.picklist(["none", "internal", "partners"]),
      dropped: v.pipe(
        v.array(v.string()),
        v.description("JSON pointers of what was left out of `eventData`."),
      ),
    }),
    notes: notes(),
  });

const withheld = () =>
  v.pipe(v.optional(count()), v.description("How many consent does not cover: nothing of them is kept."));

export const segmentAnswer = () => v.strictObject({ success: v.literal(true), withheld: withheld() });

export const segmentBatchAnswer = () =>
  v.strictObject({
    success: v.literal(true),
    withheld: withheld(),
    rejected: v.optional(
      v.array(v.strictObject({ index: count(), eventId: v.optional(v.string()), errors: v.array(issue()) })),
    ),
  });

export const decideAnswer = () =>
  v.strictObject({
    decisions: decisions(),
    segments: v.record(v.string(), v.number()),
    rulesetVersion: v.nullable(v.string()),
  });

const consentRecord = () =>
  v.looseObject({
    policyVersion: v.string(),
    grants: grants(),
    decidedAt: v.number(),
    source: v.string(),
    region: v.nullable(v.string()),
  });

const signedReceipt = () =>
  v.pipe(
    typed<SignedConsentReceipt>(
      v.strictObject({
        v: v.literal(1),
        id: v.string(),
        site: v.string(),
        subject: v.string(),
        decidedAt: moment(),
        recordedAt: moment(),
        policyVersion: v.string(),
        textHash: v.nullable(v.string()),
        purposes: grants(),
        asked: v.optional(v.array(v.string())),
        mode: v.string(),
        region: v.nullable(v.string()),
        source: v.string(),
        signature: v.string(),
      }),
    ),
    v.description("The decision as the server signed it (HMAC-SHA-256 under the site's audit key)."),
  );

export const consentReceipt = () =>
  v.strictObject({
    id: v.string(),
    recordedAt: moment(),
    record: v.pipe(v.optional(consentRecord()), v.description("Not told to a write key.")),
    stored: v.pipe(
      v.optional(v.boolean()),
      v.description("False where nothing of it is kept, since the visitor was erased."),
    ),
    receipt: v.optional(v.nullable(signedReceipt())),
  });

export const storedConsent = () =>
  typed<StoredConsent>(
    v.strictObject({
      current: consentRecord(),
      history: v.array(consentRecord()),
      receipts: v.array(signedReceipt()),
    }),
  );

export const erasureAnswer = () =>
  v.strictObject({
    deletionId: v.string(),
    status: v.literal("completed"),
    dataRemoved: v.strictObject({ events: count(), sessions: count(), profiles: count() }),
    removed: v.strictObject({
      events: count(),
      sessions: count(),
      profiles: count(),
      records: count(),
      logEntries: count(),
      deadLetters: count(),
    }),
    completionDate: moment(),
  });

export const exportAnswer = () =>
  typed<VisitorExport>(
    v.strictObject({
      format: v.literal("attune-export"),
      version: v.literal(1),
      exportedAt: moment(),
      subject: v.strictObject({ kind: v.picklist(["visitor", "user"]), visitors: count() }),
      visitors: v.array(
        v.looseObject({ events: v.array(v.looseObject({ id: v.string(), name: v.string() })) }),
      ),
    }),
  );

export const privacyReportAnswer = () =>
  typed<PrivacyReport>(
    v.strictObject({
      site: v.string(),
      generatedAt: moment(),
      from: moment(),
      to: moment(),
      consent: v.strictObject({
        policy: v.nullable(v.looseObject({ version: v.string(), mode: v.string() })),
        decisions: v.nullable(
          v.strictObject({
            decided: count(),
            granted: v.record(v.string(), count()),
            lapsed: v.pipe(count(), v.description("Of whose grants some hold no more.")),
            bySource: v.record(v.string(), count()),
          }),
        ),
      }),
      held: v.strictObject({
        visitors: count(),
        events: count(),
        sessions: count(),
        deadLetters: v.nullable(count()),
        retentionMs: count(),
      }),
      protection: v.strictObject({ logSealed: v.boolean(), sensitiveFieldsSealed: v.boolean() }),
      done: v.strictObject({
        erasures: count(),
        erasuresByVisitors: count(),
        erased: v.strictObject({ events: count(), sessions: count(), profiles: count() }),
        exports: count(),
        sensitiveReads: count(),
        keysRevoked: count(),
      }),
      auditLog: v.looseObject({ ok: v.boolean() }),
      notes: notes(),
    }),
  );

const checkpoint = () =>
  typed<AuditCheckpoint>(
    v.strictObject({
      site: v.string(),
      seq: count(),
      hash: v.string(),
      at: v.number(),
      signature: v.string(),
    }),
  );
const hash = () => v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const auditPage = () =>
  v.strictObject({
    entries: v.array(
      typed<Omit<AuditEntry, "at"> & { at: string }>(
        v.strictObject({
          seq: count(),
          at: moment(),
          type: v.string(),
          actor: v.string(),
          detail: v.record(v.string(), v.unknown()),
          previous: hash(),
          hash: hash(),
        }),
      ),
    ),
    checkpoint: v.nullable(checkpoint()),
    nextCursor: v.nullable(v.string()),
  });

export const auditVerdict = () => typed<AuditVerdict>(v.looseObject({ ok: v.boolean() }));

export const rulesetPublished = () =>
  v.strictObject({
    version: v.string(),
    revision: v.number(),
    changed: v.pipe(v.boolean(), v.description("False where the same was published already.")),
    warnings: v.pipe(
      v.array(v.object({ path: v.string(), code: v.string(), message: v.string() })),
      v.description("What is valid and probably not meant."),
    ),
  });

const arms = () => v.record(v.string(), v.strictObject({ exposures: count(), conversions: count() }));

export const experimentResults = () => v.strictObject({ experiment: v.string(), variants: arms() });
export const segmentSize = () => v.strictObject({ segment: v.string(), size: count() });

export const seriesAnswer = () =>
  v.strictObject({
    from: moment(),
    to: moment(),
    granularity: v.picklist(["minute", "hour", "day"]),
    figures: v.pipe(
      v.record(
        v.string(),
        v.nullable(
          v.strictObject({
            rows: v.array(
              v.strictObject({
                tags: v.record(v.string(), v.string()),
                windows: v.array(v.strictObject({ at: moment(), value: v.pipe(v.number(), v.minValue(0)) })),
              }),
            ),
            omitted: v.pipe(count(), v.description("Smaller rows that are not shown.")),
          }),
        ),
      ),
      v.description("By name. A window in which nothing was counted is left out."),
    ),
    notes: notes(),
  });

export const simulationStatus = () =>
  typed<SimulationStatus>(
    v.strictObject({
      running: v.boolean(),
      visitorsPerMinute: v.number(),
      visitors: count(),
      events: count(),
    }),
  );
export const simulationPost = () =>
  v.object({ visitorsPerMinute: v.pipe(v.number(), v.minValue(0), v.maxValue(6000)) });

export const siteMetrics = () =>
  typed<SiteSummary & { simulated: SimulationStatus }>(
    v.looseObject({
      events: count(),
      visitors: count(),
      sessions: v.strictObject({ given: count(), derived: count() }),
      conversions: v.strictObject({ sessions: count(), orders: count(), revenue: v.number() }),
      byName: v.record(v.string(), count()),
      segments: v.record(v.string(), count()),
      experiments: v.record(v.string(), arms()),
      conflicts: count(),
      simulated: simulationStatus(),
    }),
  );

export const performanceAnswer = () =>
  v.strictObject({
    metrics: v.strictObject({
      eventIngestionRate: figure(),
      processingLatency: v.strictObject({ p50: figure(), p95: figure(), p99: figure() }),
      apiResponseTime: v.strictObject({ average: figure(), median: figure(), max: figure() }),
      errorRate: v.nullable(share()),
      throughput: figure(),
    }),
    status: v.picklist(["ok", "overloaded"]),
    backpressure: v.nullable(v.picklist(["appends", "append-slow", "lag"])),
    logLag: v.nullable(count()),
    capacity: v.strictObject({
      current: count(),
      maximum: v.number(),
      utilization: v.number(),
    }),
    notes: notes(),
  });

export const healthAnswer = () =>
  v.strictObject({
    status: v.picklist(["ok", "failed"]),
    components: v.record(v.string(), v.picklist(["ok", "failed"])),
  });
export const streamTicket = () => v.strictObject({ ticket: v.string(), expiresAt: moment() });

export const liveAnswer = () => v.strictObject({ status: v.literal("ok") });
export const signInAnswer = () => v.strictObject({ url: v.string() });
