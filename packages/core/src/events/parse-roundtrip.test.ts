import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PURPOSES } from "../consent/types.js";
import type { ParseContext } from "./draft.js";
import { parseEvent } from "./parse-event.js";
import type { Event } from "./types.js";

const NOW = 1_763_640_000_000;
const DAY = 86_400_000;
const at: ParseContext = { site: "shop", receivedAt: NOW };

const value = (input: unknown, context = at): Event => {
  const result = parseEvent(input, context);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

describe("what is an event stays the same event", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((s) => s.replace(/\0/g, ""));
  const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[\x20-\x7e]{1,128}$/));
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  const key = fc
    .oneof(fc.stringMatching(/^[a-z_]{1,20}$/), fc.stringMatching(/^[\x20-\x7e]{1,30}$/))
    .filter((k) => !/__proto__|constructor|prototype/.test(k));
  const json = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", maxDepth: 4 },
      text,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) =>
    fc.record(fields, { requiredKeys: [] });
  const context = optional({
    page: optional({ url: text, path: text, referrer: text, title: text }),
    campaign: optional({ source: text, medium: text, name: text, term: text, content: text }),
    device: optional({ type: fc.constantFrom("desktop", "mobile", "tablet", "other") }),
    viewport: fc.record({ width: fc.nat(), height: fc.nat() }),
    language: text,
    country: text,
    element: optional({ tag: text, id: text, name: text, text }),
    host: json,
  });
  const events = fc.record({
    id,
    schemaVersion: fc.constant(1),
    site: fc.constant("shop"),
    // Those of the service's own stand-ins are refused.
    visitorId: id.filter((visitor) => !/^[us]:/.test(visitor)),
    sessionId: maybe(id),
    deviceId: maybe(id),
    userId: maybe(id),
    seq: maybe(fc.nat()),
    occurredAt: fc.oneof(
      fc.integer({ min: 946_684_800_000, max: NOW }),
      fc.double({ min: NOW - DAY, max: NOW, noNaN: true }),
    ),
    sentAt: maybe(fc.integer({ min: NOW - 2000, max: NOW })),
    receivedAt: fc.constant(NOW),
    tzOffset: maybe(fc.integer({ min: -840, max: 840 })),
    name: id,
    properties: fc.dictionary(key, json, { maxKeys: 10 }),
    context,
    consent: fc.record({ purposes: fc.subarray([...PURPOSES]), policyVersion: maybe(id) }),
  });

  it("through JSON and the door, whatever is in it", () => {
    fc.assert(
      fc.property(events, (event) => {
        const sent = JSON.parse(JSON.stringify(event)) as unknown;
        const before = structuredClone(sent);
        expect(value(sent)).toEqual(before);
        expect(sent).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});
