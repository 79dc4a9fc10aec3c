import * as v from "valibot";
import type { Grants } from "../consent/types.js";
import { isoTime } from "../events/fields.js";

/*
 * Parts that several bodies share. They are functions, so that importing this file makes nothing.
 */

const MAX_ID = 256;
/** No controls, line separators or lone surrogates. */
const ID = /^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u;
/** 8.64e15 is the last millisecond that a Date can hold; only recorded times that a person can have lived are taken. */
const LAST_TIME = 4_102_444_800_000;

/** What a check means in JSON Schema, for documents that are made of these schemas. It changes nothing about what is taken. */
export const meaning = <T>(jsonSchema: Readonly<Record<string, unknown>>) =>
  v.metadata<T, { jsonSchema: Readonly<Record<string, unknown>> }>({ jsonSchema });

/** An identifier as clients send it; its characters are those that the events take too. */
export const idSchema = () =>
  v.pipe(
    v.string(),
    v.check(
      (id) => id.length > 0 && id.length <= MAX_ID && ID.test(id),
      `An identifier has 1 to ${MAX_ID} characters, none of them a control character or half of a surrogate pair.`,
    ),
    meaning<string>({ minLength: 1, maxLength: MAX_ID, pattern: ID.source }),
  );

/** As above, for visitors: `u:` and `s:` stand for users and sessions, whom no client may reach that way. */
export const visitorIdSchema = () =>
  v.pipe(
    idSchema(),
    v.check(
      (id) => !/^[us]:/.test(id),
      "A visitor id does not begin with `u:` or `s:`; name a user by `userId`.",
    ),
    meaning<string>({ allOf: [{ pattern: "^(?![us]:)" }] }),
  );

/** Epoch milliseconds, or ISO 8601 with a zone, as epoch milliseconds. */
export const timeSchema = () =>
  v.pipe(
    v.union(
      [v.pipe(v.number(), meaning<number>({ minimum: 0, maximum: LAST_TIME })), v.string()],
      "This must be a time: epoch milliseconds, or ISO 8601 with a zone.",
    ),
    v.transform((time) => (typeof time === "number" ? time : isoTime(time))),
    v.check(
      (ms) => ms >= 0 && ms <= LAST_TIME,
      "This must be a time between 1970 and 2100: epoch milliseconds, or ISO 8601 with a zone.",
    ),
  );

/** The schema, but of objects alone: by itself it takes a list for an object as far as nothing in it is missing. */
export function noList<S extends v.GenericSchema>(schema: S): S {
  const run: S["~run"] = (dataset, config) =>
    schema["~run"](Array.isArray(dataset.value) ? { value: null } : dataset, config);
  return { ...schema, "~run": run };
}

/** Any of the optional purposes, yes or no. `necessary` may be named, as true. */
export const partialGrantsSchema = () =>
  noList(
    v.strictObject({
      necessary: v.optional(v.literal(true)),
      analytics: v.optional(v.boolean()),
      personalization: v.optional(v.boolean()),
      marketing: v.optional(v.boolean()),
      advertising: v.optional(v.boolean()),
    }),
  );

/** As above; what is not named is not granted. */
export const grantsSchema = () =>
  v.pipe(
    partialGrantsSchema(),
    v.transform(
      ({ analytics = false, personalization = false, marketing = false, advertising = false }): Grants => ({
        necessary: true,
        analytics,
        personalization,
        marketing,
        advertising,
      }),
    ),
  );
