import * as v from "valibot";
import { SOURCES } from "../consent/record.js";
import type { Grants } from "../consent/types.js";
import type { Issue, Result } from "../kernel/result.js";
import { parseWith } from "./parse.js";
import { idSchema, meaning, partialGrantsSchema, timeSchema, visitorIdSchema } from "./schemas.js";
import type { ConsentInput, ConsentPost } from "./types.js";

const CODE = "ATTUNE_WIRE_CONSENT";
const OPTIONAL = ["analytics", "personalization", "marketing", "advertising"] as const;
/** What a grant without details may be of: one purpose, or all. */
const TYPES: readonly string[] = ["all", ...OPTIONAL];
/** Where a body says nothing of the text that was agreed to. */
const UNSTATED = "unstated";

type Optional = (typeof OPTIONAL)[number];

const version = () =>
  v.pipe(
    v.string(),
    v.check((text) => text.length > 0 && text.length <= 128, "Name the consent text in 1 to 128 characters."),
    meaning<string>({ minLength: 1, maxLength: 128 }),
  );
const region = () =>
  v.nullish(
    v.pipe(
      v.string(),
      v.check(
        (code) => code.length > 0 && code.length <= 16,
        "A region is a code of at most 16 characters, as in `DE` or `US-CA`.",
      ),
      meaning<string>({ minLength: 1, maxLength: 16 }),
    ),
  );

const decision = () => ({
  purposes: partialGrantsSchema(),
  policyVersion: version(),
  source: v.picklist(SOURCES),
  at: v.optional(timeSchema()),
  region: region(),
});

type Parsed = v.InferOutput<ReturnType<typeof decisionObject>>;
const decisionObject = () => v.strictObject(decision());

/** Undefined members are left out, and `necessary` with them: it needs no saying. */
function toInput({ purposes, policyVersion, source, at, region: where }: Parsed): ConsentInput {
  const said: { -readonly [P in keyof Grants]?: Grants[P] } = {};
  for (const purpose of OPTIONAL) if (purposes[purpose] !== undefined) said[purpose] = purposes[purpose];
  return {
    purposes: said,
    policyVersion,
    source,
    ...(at !== undefined && { at }),
    ...(where !== undefined && { region: where }),
  };
}

/** A decision without its subject, as `service.consent` takes it. */
export function parseConsentInput(input: unknown): Result<ConsentInput, Issue[]> {
  return parseWith(v.pipe(decisionObject(), v.transform(toInput)), input, CODE);
}

const nativeObject = () =>
  v.strictObject({
    visitorId: v.optional(visitorIdSchema()),
    userId: v.optional(idSchema()),
    ...decision(),
  });
type Native = v.InferOutput<ReturnType<typeof nativeObject>>;

/** By id, and by what is decided: `{ visitorId | userId, purposes, policyVersion, source, at?, region? }`. */
const native = () =>
  v.pipe(
    nativeObject(),
    v.check(
      ({ visitorId, userId }) => (visitorId === undefined) !== (userId === undefined),
      "Name whose consent it is: either `visitorId` or `userId`.",
    ),
    meaning<Native>({ oneOf: [{ required: ["visitorId"] }, { required: ["userId"] }] }),
    v.transform(
      ({ visitorId, userId, ...rest }): ConsentPost => ({
        subject: visitorId !== undefined ? { visitorId } : { userId: userId as string },
        input: toInput(rest),
      }),
    ),
  );

const granularObject = () =>
  v.object({
    userId: v.optional(idSchema()),
    visitorId: v.optional(visitorIdSchema()),
    anonymousId: v.optional(visitorIdSchema()),
    consentType: v.optional(v.string(), "all"),
    consentStatus: v.picklist(["granted", "denied", "withdrawn"]),
    consentDate: v.optional(timeSchema()),
    consentSource: v.optional(v.string(), "api"),
    granularConsent: v.optional(partialGrantsSchema()),
    policyVersion: v.optional(version(), UNSTATED),
    region: region(),
  });
type Granular = v.InferOutput<ReturnType<typeof granularObject>>;

/**
 * The form of pages and consent platforms: one status, and a yes or no for each purpose where `granularConsent` gives it. Pages name
 * the visitor (`visitorId` or `anonymousId`), platforms a `userId`, which goes before and may be either.
 */
const granular = () =>
  v.pipe(
    granularObject(),
    v.check(
      ({ userId, visitorId, anonymousId }) => (userId ?? visitorId ?? anonymousId) !== undefined,
      "Name whose consent it is: `visitorId` or `userId`.",
    ),
    v.check(
      ({ userId = "" }) => !/^[us]:/.test(userId),
      "A user id alone may be a visitor's too, so it does not begin with `u:` or `s:`.",
    ),
    meaning<Granular>({
      anyOf: ["visitorId", "anonymousId", "userId"].map((id) => ({ required: [id] })),
      properties: { userId: { pattern: "^(?![us]:)" } },
    }),
    v.forward(
      v.check(
        ({ consentType, consentStatus, granularConsent }) =>
          consentStatus !== "granted" || granularConsent !== undefined || TYPES.includes(consentType),
        `What is granted? Name a purpose or \`all\` (${TYPES.join(", ")}), or say yes or no to each in \`granularConsent\`.`,
      ),
      ["consentType"],
    ),
    meaning<Granular>({
      if: { properties: { consentStatus: { const: "granted" } }, not: { required: ["granularConsent"] } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { consentType: { enum: TYPES } } },
    }),
    v.transform((body): ConsentPost => {
      const {
        consentType,
        consentStatus,
        consentDate: at,
        consentSource,
        granularConsent,
        policyVersion,
        region: where,
      } = body;
      const granted = consentStatus === "granted";
      const one = OPTIONAL.find((purpose) => purpose === consentType);
      const purposes: { [P in Optional]?: boolean } = {};
      // A refusal is one for every purpose it covers, whatever the details beside it say.
      for (const purpose of one ? [one] : OPTIONAL)
        purposes[purpose] = granted && (granularConsent?.[purpose] ?? granularConsent === undefined);
      const source = SOURCES.find((known) => known === consentSource) ?? "api";
      const input = {
        policyVersion,
        source,
        purposes,
        ...(at !== undefined && { at }),
        ...(where !== undefined && { region: where }),
      };
      const visitorId = body.visitorId ?? body.anonymousId;
      return { subject: body.userId ?? { visitorId: visitorId as string }, input };
    }),
  );

/** Either form, for documents; what a body is taken for is decided by {@link parseConsentPost}. */
export const consentPostSchema = () => v.union([native(), granular()]);

const isGranular = (body: unknown): boolean =>
  typeof body === "object" && body !== null && "consentStatus" in body;

/** The body of a consent post, in the native form or in that of consent platforms (it has `consentStatus`). */
export function parseConsentPost(body: unknown): Result<ConsentPost, Issue[]> {
  return isGranular(body) ? parseWith(granular(), body, CODE) : parseWith(native(), body, CODE);
}
