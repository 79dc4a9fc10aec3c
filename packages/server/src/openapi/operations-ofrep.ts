import * as v from "valibot";
import type { Operations } from "./operation.js";

const context = () =>
  v.looseObject({
    targetingKey: v.pipe(
      v.optional(v.string()),
      v.description("The visitor's id; without one nobody is asked about."),
    ),
  });
const body = () => v.looseObject({ context: v.optional(context()) });

const metadata = () =>
  v.pipe(
    v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
    v.description("Among them `decisionReason`, `rulesetVersion`, `experiment` and `propensity`."),
  );

const flag = () =>
  v.strictObject({
    key: v.string(),
    value: v.pipe(v.optional(v.unknown()), v.description("Absent where the slot's value is null.")),
    variant: v.optional(v.string()),
    reason: v.picklist(["STATIC", "TARGETING_MATCH", "SPLIT", "DEFAULT", "DISABLED"]),
    metadata: metadata(),
  });

const failed = () =>
  v.strictObject({
    key: v.string(),
    errorCode: v.picklist(["TARGETING_KEY_MISSING", "GENERAL"]),
    errorDetails: v.string(),
  });

const DESCRIPTION =
  "A flag is a slot. Calls are covered by the purposes that the server's `ofrep` declares, as far as what the visitor has decided allows; by default by none, and every flag is its slot's fallback. Under a write key, for an unguessable visitor id only. A problem says the protocol's `errorCode` and `errorDetails` beside what all say.";

/** The OpenFeature Remote Evaluation Protocol. */
export const ofrepOperations = {
  "POST /ofrep/v1/evaluate/flags": {
    id: "evaluateFlags",
    tag: "Decisions",
    summary: "All flags, by the OpenFeature Remote Evaluation Protocol",
    description: DESCRIPTION,
    headers: { "If-None-Match": "The ETag of the answer before: where nothing has changed, 304." },
    body: body(),
    answers: {
      200: {
        description: "The flags; one that could not be evaluated says why.",
        schema: v.strictObject({ flags: v.array(v.union([flag(), failed()])), metadata: metadata() }),
        headers: { ETag: "Of all that the answer says." },
      },
      304: { description: "As before." },
    },
    problems: [
      [400, "ATTUNE_SERVER_FLAG_CONTEXT"],
      [403, "ATTUNE_SERVER_GUESSABLE_ID"],
    ],
  },
  "POST /ofrep/v1/evaluate/flags/:key": {
    id: "evaluateFlag",
    tag: "Decisions",
    summary: "One flag, by the OpenFeature Remote Evaluation Protocol",
    description: DESCRIPTION,
    params: { key: "The slot." },
    body: body(),
    answers: { 200: { description: "The flag.", schema: flag() } },
    problems: [
      [400, "ATTUNE_SERVER_FLAG_CONTEXT"],
      [400, "ATTUNE_SERVER_FLAG_NOBODY"],
      [400, "ATTUNE_SERVER_ID"],
      [403, "ATTUNE_SERVER_GUESSABLE_ID"],
      [404, "ATTUNE_SERVER_FLAG_NONE"],
      [500, "ATTUNE_SERVER_FLAG_FAILED"],
    ],
  },
} as const satisfies Operations;
