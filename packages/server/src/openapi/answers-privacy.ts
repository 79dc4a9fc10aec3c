import type {
  AuditCheckpoint,
  AuditEntry,
  AuditVerdict,
  PrivacyReport,
  ReceiptKey,
  SignedConsentReceipt,
  StoredConsent,
  VisitorExport,
} from "@attune/core/service";
import * as v from "valibot";
import { count, grants, moment, notes, typed } from "./answer-parts.js";

const consentRecord = () =>
  v.looseObject({
    policyVersion: v.string(),
    grants: grants(),
    decidedAt: v.number(),
    source: v.string(),
    region: v.nullable(v.string()),
  });

export const signedReceipt = () =>
  v.pipe(
    typed<SignedConsentReceipt>(
      v.strictObject({
        v: v.picklist([1, 2]),
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
        key: v.optional(v.string()),
        signature: v.string(),
      }),
    ),
    v.description(
      "The decision as the server signed it: by Ed25519, under the key that `/receipts/keys` names `key` (version 1: HMAC-SHA-256, which the server alone can check).",
    ),
  );

export const receiptKeys = () =>
  v.strictObject({
    keys: v.array(
      typed<ReceiptKey>(
        v.strictObject({
          kty: v.literal("OKP"),
          crv: v.literal("Ed25519"),
          alg: v.literal("EdDSA"),
          use: v.literal("sig"),
          kid: v.string(),
          x: v.string(),
        }),
      ),
    ),
  });

export const receiptVerdict = () => v.strictObject({ valid: v.boolean() });

export const consentReceipt = () =>
  v.strictObject({
    id: v.string(),
    recordedAt: moment(),
    record: v.pipe(v.optional(consentRecord()), v.description("Not told to a write key.")),
    held: v.pipe(
      v.optional(consentRecord()),
      v.description(
        "What holds now: less where the decision was made before one that stood already. Not told to a write key.",
      ),
    ),
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

export const handoverIssued = () => v.strictObject({ token: v.string(), expiresAt: moment() });

export const handoverRedeemed = () => v.strictObject({ visitorId: v.string() });

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
