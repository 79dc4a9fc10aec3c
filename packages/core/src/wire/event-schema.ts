/*
 * What `parseEvent` takes, in JSON Schema 2020-12, kept by hand beside it: events are read by hand-written code, which is faster than any
 * schema. A property test holds both together. What the schema cannot say is in its descriptions: how deep and how large an event may be,
 * and between which years it lies.
 */

/** A JSON Schema 2020-12 document, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const MAX_ID = 128;
const LAST_DATE = 8.64e15;
const EMPTY = [null, ""];

/** No controls, line separators or lone surrogates. */
const VISIBLE = "^[^\\p{Cc}\\p{Cs}\\u2028\\u2029]*$";
const NOT_DERIVED = "^(?![us]:)";
const ISO = "^\\d{4}-\\d\\d-\\d\\d(?:T\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,9})?)?(?:Z|[+-]\\d\\d:\\d\\d))?$";
/** Names that lead to prototypes, alone or as a part of a dotted path, and the mark of what the server has sealed. */
const FORBIDDEN = "(?:^|\\.)(?:__proto__|constructor|prototype)(?:\\.|$)|^\\$sealed$";

const WHOLE = {
  type: "integer",
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};
const id = (max = MAX_ID, more: JsonSchema = {}): JsonSchema => ({
  anyOf: [{ type: "null" }, WHOLE, { type: "string", maxLength: max, pattern: VISIBLE, ...more }],
});
const visitor = (max: number): JsonSchema => id(max, { allOf: [{ pattern: NOT_DERIVED }] });
const present = (key: string): JsonSchema => ({
  required: [key],
  properties: { [key]: { not: { enum: EMPTY } } },
});
const nameOf = (description: string): JsonSchema => ({
  description,
  anyOf: [WHOLE, { type: "string", minLength: 1, maxLength: MAX_ID, pattern: VISIBLE }],
});
const time = (description: string): JsonSchema => ({
  description: `${description} Epoch milliseconds, or ISO 8601 with a zone.`,
  anyOf: [
    { type: "null" },
    { type: "number", minimum: 0, maximum: LAST_DATE },
    { type: "string", pattern: ISO },
  ],
});
const whole = (minimum: number, maximum: number): JsonSchema => ({
  type: ["integer", "null"],
  minimum,
  maximum,
});
const TEXT = { type: ["string", "null"] };
const texts = (keys: readonly string[]): Record<string, JsonSchema> =>
  Object.fromEntries(keys.map((key) => [key, TEXT]));

/** The definitions that the schema refers to, under `base`. */
const definitions = (base: string): Record<string, JsonSchema> => ({
  JsonValue: {
    description: "At most 8 levels; over a whole event at most 256 keys and 1,024 list items.",
    anyOf: [
      { type: ["null", "boolean", "number"] },
      { type: "string", maxLength: 8192 },
      { type: "array", items: { $ref: `${base}JsonValue` } },
      { $ref: `${base}JsonObject` },
    ],
  },
  JsonObject: {
    type: "object",
    propertyNames: {
      minLength: 1,
      maxLength: 128,
      pattern: "^[^\\u0000\\p{Cs}]*$",
      not: { pattern: FORBIDDEN },
    },
    additionalProperties: { $ref: `${base}JsonValue` },
  },
});

const CONSENT: JsonSchema = {
  description:
    "The purposes that were granted when it happened: a list, `{ purposes, policyVersion }`, or a yes or no by purpose. Without it only what is necessary.",
  type: ["array", "object", "null"],
};
const SHARED = {
  sessionId: id(),
  deviceId: id(),
  userId: id(),
  seq: { description: "Rising, per device.", ...whole(0, Number.MAX_SAFE_INTEGER) },
  sentAt: time("By the device's clock, when it was sent."),
  consent: CONSENT,
  retentionMs: {
    description:
      "How long it is kept at most, ms, where that is less than the server keeps events. For events that name a session alone.",
    ...whole(3_600_000, 36_525 * 86_400_000),
  },
};

/** An event that names a visitor or a user has no retention of its own. */
const OWN_RETENTION: JsonSchema = {
  if: { required: ["retentionMs"], properties: { retentionMs: { type: "integer" } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { properties: { userId: { enum: EMPTY }, anonymousId: { enum: EMPTY } } },
};
/** The same of native events; the visitor may be named in two ways there. */
const OWN_RETENTION_NATIVE: JsonSchema = {
  ...OWN_RETENTION,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: {
    properties: Object.fromEntries(
      ["userId", "visitorId", "anonymousId"].map((key) => [key, { enum: EMPTY }]),
    ),
  },
};

function native(base: string): JsonSchema {
  const field = { anyOf: [{ type: "null" }, { $ref: `${base}JsonObject` }] };
  const part = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
    type: ["object", "null"],
    properties,
    ...more,
  });
  const NUMBER = { type: "number" };
  return {
    title: "Event",
    description: "The library's own envelope.",
    required: ["name"],
    properties: {
      ...SHARED,
      id: id(),
      schemaVersion: { const: 1 },
      name: nameOf("What happened, as in `Product Viewed`."),
      occurredAt: time("By the device's clock, between 2000 and a year from now."),
      tzOffset: { description: "Minutes ahead of UTC.", ...whole(-1440, 1440) },
      properties: field,
      context: {
        ...field,
        properties: {
          page: part(texts(["url", "path", "referrer", "title"])),
          campaign: part(texts(["source", "medium", "name", "term", "content"])),
          element: part(texts(["tag", "id", "name", "className", "text"])),
          viewport: part({ width: NUMBER, height: NUMBER }, { required: ["width", "height"] }),
          device: part({}),
          ...texts(["language", "country"]),
        },
      },
    },
    // The anonymous id is read only where there is no visitor id.
    if: present("visitorId"),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { visitorId: visitor(MAX_ID + 2) } },
    else: { properties: { visitorId: { enum: EMPTY }, anonymousId: visitor(MAX_ID) } },
    anyOf: ["visitorId", "anonymousId", "userId", "sessionId"].map(present),
    allOf: [OWN_RETENTION_NATIVE],
  };
}

const CAMPAIGN = ["campaign", "source", "medium", "name", "term", "content"];
const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

function behavioural(base: string): JsonSchema {
  const field = (properties: Record<string, JsonSchema>): JsonSchema => ({
    anyOf: [{ type: "null" }, { $ref: `${base}JsonObject` }],
    properties,
  });
  const timestamp = time("By the device's clock, between 2000 and a year from now.");
  return {
    title: "Behavioural event",
    required: ["eventType"],
    properties: {
      ...SHARED,
      eventId: id(),
      anonymousId: visitor(MAX_ID),
      eventType: nameOf("What happened, as in `product_view`; known words become the library's own names."),
      eventData: field({
        timestamp,
        tzOffset: whole(-1440, 1440),
        ...texts(["url", "referrer", "title", "language"]),
      }),
      pageContext: field(texts(["url", "path", "referrer", "title"])),
      campaignContext: field(texts([...UTM, ...CAMPAIGN])),
      elementContext: field(texts(["element", "elementId", "className", "text"])),
      // Older clients send one of these where there was no interaction.
      interactionContext: { anyOf: [{ enum: [false, 0, ""] }, field({})] },
      ...texts(["deviceType", "journeyStage", "conversionGoal"]),
    },
    // A time in the data goes before.
    anyOf: [
      { required: ["eventData"], properties: { eventData: { required: ["timestamp"], type: "object" } } },
      { properties: { timestamp } },
    ],
    allOf: [{ anyOf: ["anonymousId", "userId", "sessionId"].map(present) }, OWN_RETENTION],
  };
}

/**
 * One event, in either of its two shapes.
 *
 * @param base Where its definitions will stand, as in `#/components/schemas/`.
 */
export function eventSchema(base = "#/$defs/"): {
  schema: JsonSchema;
  definitions: Record<string, JsonSchema>;
} {
  return {
    schema: {
      type: "object",
      if: { anyOf: [{ not: { required: ["eventType"] } }, { required: ["id", "name"] }] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref: `${base}NativeEvent` },
      else: { $ref: `${base}BehaviouralEvent` },
    },
    definitions: {
      ...definitions(base),
      NativeEvent: native(base),
      BehaviouralEvent: behavioural(base),
    },
  };
}

/** A batch: its events alone, or with the time at which they were sent. One invalid event does not make a batch invalid. */
export function batchSchema(max: number): JsonSchema {
  const events = { type: "array", minItems: 1, maxItems: max, items: {} };
  return {
    anyOf: [
      events,
      {
        type: "object",
        required: ["events"],
        properties: { events, sentAt: time("When the batch was sent.") },
      },
    ],
  };
}
