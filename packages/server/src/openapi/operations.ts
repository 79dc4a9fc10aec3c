import {
  consentPostSchema,
  decisionsPostSchema,
  handoverPostSchema,
  handoverRedemptionSchema,
} from "@attune/core/wire";
import { decideAnswer } from "./answers-events.js";
import * as of from "./answers-privacy.js";
import { experimentOperations } from "./operations-experiments.js";
import { segmentOperations as segmentDefinitionOperations } from "./operations-segments.js";
import { eventsOperations } from "./operations-events.js";
import type { Operations } from "./operation.js";
import { ofrepOperations } from "./operations-ofrep.js";
import { segmentOperations } from "./operations-segment.js";
import { siteOperations } from "./operations-site.js";

const SUBJECT_OR_ME = "A visitor id or a user id; under a visitor's token its own id, or `me`.";
const LIMIT = { type: "integer", minimum: 1, maximum: 200, default: 200 };

/** Every route by method and path, as it is registered. A test holds this list to the routes, both ways. */
export const operations = {
  ...eventsOperations,
  ...siteOperations,
  ...experimentOperations,
  ...segmentDefinitionOperations,
  ...segmentOperations,
  ...ofrepOperations,
  "POST /api/v1/behavioral/consent": {
    id: "recordConsent",
    tag: "Consent and privacy",
    summary: "Record what a visitor or user consents to",
    description:
      "In the native form or in that of consent platforms (with `consentStatus`). Under a write key, of an unguessable visitor id only.",
    body: consentPostSchema(),
    answers: {
      201: { description: "A receipt.", schema: of.consentReceipt() },
      200: {
        description: "A receipt; nothing is kept, since the visitor was erased.",
        schema: of.consentReceipt(),
      },
    },
    problems: [
      [400, "ATTUNE_SERVER_CONSENT"],
      [403, "ATTUNE_SERVER_CONSENT_SUBJECT"],
    ],
  },
  "GET /api/v1/behavioral/consent/:id": {
    id: "consentOf",
    tag: "Consent and privacy",
    summary: "What somebody consents to, with its history",
    params: { id: SUBJECT_OR_ME },
    answers: { 200: { description: "The state and its history.", schema: of.storedConsent() } },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [404, "ATTUNE_SERVER_CONSENT_NONE"],
    ],
  },
  "GET /api/v1/behavioral/receipts/keys": {
    id: "receiptKeys",
    tag: "Consent and privacy",
    summary: "The public key of a site's receipts of consent",
    description:
      "A JSON Web Key Set (RFC 7517): with it anybody can check a receipt without asking the server.",
    query: { site: { description: "Whose.", schema: { type: "string", default: "default" } } },
    answers: { 200: { description: "The keys.", schema: of.receiptKeys() } },
    problems: [[404, "ATTUNE_SERVER_SITE_NONE"]],
  },
  "POST /api/v1/behavioral/receipts/verify": {
    id: "verifyReceipt",
    tag: "Consent and privacy",
    summary: "Whether a receipt of consent was signed here, and is as it was signed",
    description: "Also one of version 1, and of somebody who was erased meanwhile.",
    body: of.signedReceipt(),
    answers: { 200: { description: "Whether it is.", schema: of.receiptVerdict() } },
    problems: [[400, "ATTUNE_SERVER_BODY_SHAPE"]],
  },
  "POST /api/v1/behavioral/handover": {
    id: "issueHandover",
    tag: "Consent and privacy",
    summary: "Hand a visitor over to another domain of the site",
    description:
      "A text for a link (`?attune_handover=…`), good once, within two minutes, and only for pages of the origin `to`, which a write key of the site names. Under a write key, of an unguessable visitor id only.",
    body: handoverPostSchema(),
    answers: { 201: { description: "The text.", schema: of.handoverIssued() } },
    problems: [
      [400, "ATTUNE_SERVER_HANDOVER_BODY"],
      [403, "ATTUNE_SERVER_GUESSABLE_ID"],
      [403, "ATTUNE_SERVER_HANDOVER_ORIGIN"],
      [403, "ATTUNE_SERVER_HANDOVER_CONSENT"],
    ],
  },
  "POST /api/v1/behavioral/handover/redeem": {
    id: "redeemHandover",
    tag: "Consent and privacy",
    summary: "Learn who has come by such a link",
    description: "From the page that the link leads to: the `Origin` of the request counts.",
    body: handoverRedemptionSchema(),
    answers: { 200: { description: "The visitor.", schema: of.handoverRedeemed() } },
    problems: [
      [400, "ATTUNE_SERVER_HANDOVER_BODY"],
      [403, "ATTUNE_SERVER_HANDOVER"],
    ],
  },
  "DELETE /api/v1/behavioral/data/:id": {
    id: "erase",
    tag: "Consent and privacy",
    summary: "Erase everything held of somebody",
    description:
      "May be repeated: what is gone is gone. `retentionOverride=false` is refused: nothing is kept here against an erasure, so there is nothing that it could spare.",
    params: { id: SUBJECT_OR_ME },
    query: {
      cascadeDelete: {
        description:
          "`false`: only what is kept under this very id; the visitors that a user is linked to stay, with their links.",
        schema: { type: "boolean", default: true },
      },
      retentionOverride: { description: "Only `true`.", schema: { enum: [true] } },
      anonymizeOnly: {
        description:
          "`true`: every record goes all the same, but what was counted stays in the site's sums, which name nobody.",
        schema: { type: "boolean", default: false },
      },
    },
    answers: { 200: { description: "What was removed.", schema: of.erasureAnswer() } },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [400, "ATTUNE_SERVER_ERASURE_OPTION"],
    ],
  },
  "GET /api/v1/behavioral/data/:id/export": {
    id: "exportData",
    tag: "Consent and privacy",
    summary: "Everything held of somebody, as a file",
    params: { id: SUBJECT_OR_ME },
    query: {
      format: {
        description:
          "`ndjson`: one record a line. `zip`: the same in files, with a word on each. Default: as `Accept` says, else `json`.",
        schema: { enum: ["json", "ndjson", "zip"] },
      },
    },
    answers: { 200: { description: "The export.", schema: of.exportAnswer() } },
    problems: [
      [400, "ATTUNE_SERVER_ID"],
      [400, "ATTUNE_SERVER_QUERY"],
    ],
  },
  "GET /api/v1/behavioral/privacy-report": {
    id: "privacyReport",
    tag: "Consent and privacy",
    summary: "What a privacy officer answers for",
    description:
      "Counted from what is stored: decisions, what is held, what was done in the time asked for, whether the audit log is whole. What is not counted is null, with the reason in `notes`. Names nobody.",
    query: {
      from: {
        description: "Epoch ms or ISO 8601 (default: 30 days before `to`).",
        schema: { type: "string" },
      },
      to: { description: "Epoch ms or ISO 8601 (default: now).", schema: { type: "string" } },
      visitors: {
        description: "Of more visitors than this no decisions are counted, since each is read.",
        schema: { type: "integer", minimum: 0, maximum: 10_000_000, default: 10_000 },
      },
    },
    answers: { 200: { description: "The report.", schema: of.privacyReportAnswer() } },
    problems: [[400, "ATTUNE_SERVER_QUERY"]],
  },
  "GET /api/v1/behavioral/audit-log": {
    id: "auditLog",
    tag: "Consent and privacy",
    summary: "What was done that somebody may have to answer for",
    query: {
      limit: { description: "Entries at most.", schema: LIMIT },
      cursor: { description: "`nextCursor` of the page before.", schema: { type: "string" } },
    },
    answers: { 200: { description: "Entries in their order.", schema: of.auditPage() } },
    problems: [[400, "ATTUNE_SERVER_QUERY"]],
  },
  "GET /api/v1/behavioral/audit-log/verify": {
    id: "verifyAuditLog",
    tag: "Consent and privacy",
    summary: "Whether the audit log is whole",
    query: {
      checkpoint: {
        description: "One that was kept elsewhere: JSON, as `GET /audit-log` gave it.",
        schema: { type: "string" },
      },
    },
    answers: { 200: { description: "The verdict.", schema: of.auditVerdict() } },
    problems: [[400, "ATTUNE_SERVER_CHECKPOINT"]],
  },
  "POST /api/v1/decisions": {
    id: "decide",
    tag: "Decisions",
    summary: "What a visitor is to see",
    description:
      "All slots unless some are named. The same visitor under the same ruleset is given the same, so it may be repeated. Under a write key, for an unguessable visitor id only.",
    body: decisionsPostSchema(),
    answers: { 200: { description: "A decision for each slot.", schema: decideAnswer() } },
    problems: [
      [400, "ATTUNE_SERVER_DECISIONS"],
      [403, "ATTUNE_SERVER_GUESSABLE_ID"],
    ],
  },
} as const satisfies Operations;
