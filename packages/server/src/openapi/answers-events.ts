import type { DecideResult } from "@attune/core/service";
import { CONSENT_LEVELS } from "@attune/core/wire";
import * as v from "valibot";
import { count, issue, moment, notes, share, typed } from "./answer-parts.js";

export const problemBody = () =>
  v.looseObject({
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
    ranking: v.pipe(
      v.optional(v.array(v.strictObject({ variant: v.string(), value: v.unknown() }))),
      v.description("Of a slot of recommendations: the variants that go best, the one shown first."),
    ),
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

export const streamTicket = () => v.strictObject({ ticket: v.string(), expiresAt: moment() });
