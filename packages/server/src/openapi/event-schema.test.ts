import { parseEvent } from "@attune/core/events";
import {
  consentPostSchema,
  decisionsPostSchema,
  eventSchema,
  parseConsentPost,
  parseDecisionsPost,
} from "@attune/core/wire";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonSchemaOf } from "./json-schema.js";

const NOW = 1_763_640_000_000;
const ajv = new Ajv2020({ strict: false, allErrors: true });
const { schema, definitions } = eventSchema();
const validate = ajv.compile({ ...schema, $defs: definitions });
const accepted = (input: unknown): boolean =>
  parseEvent(structuredClone(input), { site: "shop", receivedAt: NOW }).ok;

/** Values that are an id, a text, a number or a time, and values that are none of these. */
const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    {},
    [],
    [1],
    { a: 1 },
    1.5,
    -1,
    1e300,
    "\0",
    "\ud800",
    "a\nb",
    "x".repeat(129),
  ),
  fc.integer(),
);
const text = fc.string({ maxLength: 12 });
const id = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom("", "u:a", "s:b", "x:c", 12, -3, "é\u200d", "x".repeat(128)) },
  { weight: 1, arbitrary: odd },
);
const time = fc.oneof(
  fc.constantFrom(NOW, NOW - 5000, null, "2025-11-20T12:00:00Z", "2025-11-20", "2025-11-20T12:00:00+01:00"),
  fc.constantFrom("yesterday", "2025-11-20T12:00:00", "2025-11-20 12:00", "", true, {}, "2025-13"),
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "json" },
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        { weight: 8, arbitrary: fc.string({ maxLength: 8 }) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            "prototype",
            "a.constructor",
            "$sealed",
            "x".repeat(129),
            "constructors",
            "\0",
          ),
        },
      ),
      tie("value"),
      { maxKeys: 3 },
    ),
  ),
})).value;
const fields = fc.oneof(
  { weight: 5, arbitrary: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), json, { maxKeys: 4 }) },
  { weight: 1, arbitrary: json },
);
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: good as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: odd });
const partOf = (keys: readonly string[]): fc.Arbitrary<unknown> =>
  mostly(fc.record(Object.fromEntries(keys.map((key) => [key, mostly(text)])), { requiredKeys: [] }));
const consent = fc.oneof(
  fc.constantFrom(
    null,
    [],
    ["analytics"],
    { purposes: ["analytics"], policyVersion: "1" },
    { analytics: true },
  ),
  fc.constantFrom("analytics", 1, true),
);
const seq = fc.oneof(fc.constantFrom(0, 1, null, 2 ** 53 - 1, 2 ** 53), odd);
const offset = fc.oneof(
  fc.constantFrom(60, -1440, 1440, 1441, null, "60"),
  fc.integer({ min: -1500, max: 1500 }),
);

const retentionMs = fc.oneof(
  fc.constantFrom(3_600_000, 86_400_000, null, 3_599_999, 36_525 * 86_400_000, 36_526 * 86_400_000),
  odd,
);
const native = fc.record(
  {
    id,
    name: id,
    schemaVersion: fc.constantFrom(1, 1, 1, 2, null),
    visitorId: id,
    anonymousId: id,
    sessionId: id,
    deviceId: id,
    userId: id,
    retentionMs,
    seq,
    occurredAt: time,
    sentAt: time,
    tzOffset: offset,
    properties: fields,
    consent,
    context: mostly(
      fc.record(
        {
          page: partOf(["url", "path", "referrer", "title"]),
          campaign: partOf(["source", "medium"]),
          element: partOf(["tag", "text"]),
          viewport: mostly(
            fc.record({ width: mostly(fc.nat()), height: fc.nat() }, { requiredKeys: ["width"] }),
          ),
          device: mostly(fc.record({ type: json })),
          language: mostly(text),
          other: json,
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
);
const behavioural = fc.record(
  {
    eventType: id,
    id,
    name: id,
    eventId: id,
    anonymousId: id,
    sessionId: id,
    deviceId: id,
    userId: id,
    retentionMs,
    seq,
    sentAt: time,
    timestamp: time,
    consent,
    deviceType: mostly(text),
    journeyStage: mostly(text),
    eventData: mostly(
      fc.record({ timestamp: time, tzOffset: offset, url: mostly(text), price: json }, { requiredKeys: [] }),
    ),
    pageContext: partOf(["path"]),
    campaignContext: partOf(["utm_source", "name"]),
    elementContext: partOf(["element", "elementId"]),
    interactionContext: fc.oneof(fields, fc.constant(null)),
  },
  { requiredKeys: ["eventType"] },
);

/** Most inputs of random parts have something wrong with them; every one is tried with a good envelope too. */
function agree(input: Record<string, unknown>): void {
  const wellNamed = { ...input, visitorId: "v", anonymousId: "v", sessionId: "s" };
  for (const one of [input, wellNamed]) {
    // What was sent is JSON: keys without a value do not arrive.
    const sent = JSON.parse(JSON.stringify(one)) as unknown;
    const schemaSays = validate(sent);
    if (schemaSays !== accepted(sent)) {
      throw new Error(`schema ${schemaSays}: ${JSON.stringify(sent)} ${ajv.errorsText(validate.errors)}`);
    }
  }
}

describe("the event's schema and its validator take the same", () => {
  it("of native events", () => {
    fc.assert(fc.property(native, agree), { numRuns: 2000 });
  });

  it("of native events of which one part is random", () => {
    const good = { id: "e", name: "Page Viewed", visitorId: "v", occurredAt: NOW };
    const one = native.chain((random) =>
      fc
        .constantFrom(...Object.keys(random), "id")
        .map((key) => ({ ...good, [key]: random[key as keyof typeof random] })),
    );
    let taken = 0;
    fc.assert(
      fc.property(one, (input) => {
        agree(input);
        if (accepted(input)) taken += 1;
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(600);
  });

  it("of behavioural events", () => {
    fc.assert(fc.property(behavioural, agree), { numRuns: 2000 });
  });

  it("of behavioural events of which one part is random", () => {
    const good = { eventType: "click", anonymousId: "v", eventData: { timestamp: NOW } };
    const one = behavioural.chain((random) =>
      fc
        .constantFrom(...Object.keys(random))
        .map((key) => ({ ...good, [key]: random[key as keyof typeof random] })),
    );
    fc.assert(fc.property(one, agree), { numRuns: 3000 });
  });
});

describe("the documents of other bodies", () => {
  const flag = fc.constantFrom(true, false, undefined, "yes");
  const purposes = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({ necessary: fc.constantFrom(true, undefined), analytics: flag, marketing: flag }),
    },
    { weight: 1, arbitrary: fc.constantFrom([], null, "all") },
  );

  it("take every consent that is taken, and refuse what a form does not have", () => {
    const check = ajv.compile(jsonSchemaOf(consentPostSchema()));
    const nativePost = fc.record(
      {
        visitorId: id,
        userId: id,
        purposes,
        policyVersion: fc.constantFrom("1", "", "x".repeat(129)),
        source: fc.constantFrom("banner", "api", "nobody"),
        at: fc.constantFrom(NOW, "2026-01-01", -1, 1e15),
        region: fc.constantFrom("DE", null, "", "x".repeat(17)),
      },
      { requiredKeys: ["purposes", "policyVersion", "source"] },
    );
    const platformPost = fc.record(
      {
        visitorId: id,
        anonymousId: id,
        userId: id,
        consentStatus: fc.constantFrom("granted", "denied", "withdrawn", "perhaps"),
        consentType: fc.constantFrom("all", "analytics", "newsletter"),
        granularConsent: purposes,
        more: json,
      },
      { requiredKeys: ["consentStatus"] },
    );
    const both = fc
      .oneof(nativePost, platformPost)
      .map((post) => JSON.parse(JSON.stringify(post)) as unknown);
    let taken = 0;
    fc.assert(
      fc.property(both, (post) => {
        const ok = parseConsentPost(post).ok;
        if (ok) taken += 1;
        if (check(post) !== ok)
          throw new Error(`${ok}: ${JSON.stringify(post)} ${ajv.errorsText(check.errors)}`);
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  it("take every request for decisions that is taken, and no other", () => {
    const check = ajv.compile(jsonSchemaOf(decisionsPostSchema()));
    const post = fc
      .record(
        {
          visitor: fc.oneof(
            id,
            fc.record(
              { id: fc.oneof(id, fc.constant(null)), consent: fc.oneof(purposes, fc.constant(null)) },
              { requiredKeys: ["id"] },
            ),
          ),
          slots: fc.oneof(fc.array(text, { maxLength: 3 }), fc.constant(new Array(201).fill("a")), odd),
          context: fc.oneof(fc.dictionary(fc.constantFrom("site", "region", "a"), json, { maxKeys: 2 }), odd),
          more: json,
        },
        { requiredKeys: ["visitor"] },
      )
      .map((body) => JSON.parse(JSON.stringify(body)) as unknown);
    fc.assert(
      fc.property(post, (body) => {
        const { ok } = parseDecisionsPost(body);
        if (check(body) !== ok)
          throw new Error(`${ok}: ${JSON.stringify(body)} ${ajv.errorsText(check.errors)}`);
      }),
      { numRuns: 2000 },
    );
  });
});
