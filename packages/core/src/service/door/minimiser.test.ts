import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minimise, parseEvent } from "../../events/index.js";
import type { SharedParts } from "../../events/shared.js";
import type { Event } from "../../events/types.js";
import { createMinimisers } from "./minimiser.js";

const AT = 1_767_225_600_000;

/** What events hold: harmless words, and all that has to go. */
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom(
    "green kettle",
    "ada@example.org",
    "+44 20 7946 0958",
    "4111 1111 1111 1111",
    "https://shop.example/a?q=ada%40example.org#top",
    "HTTP://ada:pw@shop.example/",
    "httpish",
    "0192f3a4-1111-7abc-8def-0123456789ab",
    "a1b2c3d4e5f6a7b8c9d0",
    "x".repeat(300),
    "y".repeat(1100),
  ),
);
const key = fc.oneof(
  fc.constantFrom(
    "name",
    "title",
    "text",
    "product_id",
    "password",
    "apiKey",
    "token",
    "url",
    "path",
    "page",
  ),
  fc.stringMatching(/^[a-z]{1,8}$/),
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 5 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(4111111111111111, 4111111111111112, 6212345678900000003),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
})).value;
/** As a page sends it, or nearly so. */
const path = fc.constantFrom(
  "/",
  "/product/fjell-kettle-42",
  "/a/2026-11-20/x",
  "/orders/4111111111111111",
  "/ada@example.org",
  "",
);
const minimal = fc
  .record({
    scheme: fc.constantFrom("https://", "http://", "HTTPS://", "ftp://", "https:"),
    host: fc.constantFrom(
      "shop.example",
      "ada:pw@shop.example",
      "shop.example:8443",
      "",
      "h".repeat(255),
      "4111111111111111",
    ),
    path,
    rest: fc.constantFrom("", "", "", "?q=1", "#top", "?utm_source=mail"),
    other: fc.option(path),
    referrer: fc.constantFrom(
      undefined,
      "https://shop.example",
      "https://shop.example/",
      "https://a@b.example",
      "android-app://x",
      "www",
    ),
    title: text,
  })
  .map(({ scheme, host, path: own, rest, other, referrer, title }) => ({
    url: scheme + host + own + rest,
    path: other ?? own,
    ...(referrer !== undefined && { referrer }),
    title,
  }));
const page = fc.oneof(
  minimal,
  fc.record({ url: text, path: text, referrer: text, title: text }, { requiredKeys: [] }),
);
const context = fc.record(
  { page, campaign: fc.record({ source: text }), language: text, extra: value },
  { requiredKeys: [] },
);
const inputs = fc.array(
  fc.record({
    properties: fc.dictionary(key, value, { maxKeys: 5 }),
    context,
    /** What it has in common with the event before. */
    repeats: fc.constantFrom("nothing", "everything", "page", "campaign", "extra"),
    consent: fc.constantFrom([], ["analytics"], ["marketing", "personalization"]),
  }),
  { maxLength: 6 },
);

describe("minimiser", () => {
  it("gives for every event of a batch what minimise gives for it alone", () => {
    const minimisers = createMinimisers();
    fc.assert(
      fc.property(inputs, (batch) => {
        const shared: SharedParts = { ordinaryKeys: minimisers.ordinaryKeys };
        const minimiser = minimisers.forBatch();
        let before: Record<string, unknown> = {};
        for (const { repeats, properties, consent, ...own } of batch) {
          const repeated = repeats in before ? { [repeats]: before[repeats] } : {};
          const given = structuredClone(
            repeats === "everything" ? before : { ...own.context, ...repeated },
          ) as Record<string, unknown>;
          before = given;
          const input = { id: "e-1", name: "Seen", visitorId: "v", properties, context: given, consent };
          const alone = parseEvent(structuredClone(input), { site: "default", receivedAt: AT });
          const inBatch = parseEvent(structuredClone(input), { site: "default", receivedAt: AT, shared });
          expect(inBatch).toEqual(alone);
          if (!alone.ok || !inBatch.ok) continue;
          expect(minimiser(inBatch.value, shared.wasOrdinary === true)).toEqual(minimise(alone.value));
        }
      }),
      { numRuns: 400 },
    );
  });

  it("takes nothing for ordinary because the event before was", () => {
    const minimisers = createMinimisers();
    const shared: SharedParts = { ordinaryKeys: minimisers.ordinaryKeys };
    const minimiser = minimisers.forBatch();
    const read = (input: Readonly<Record<string, unknown>>): Event["properties"] => {
      const result = parseEvent(
        { visitorId: "v", anonymousId: "v", consent: ["analytics"], ...input },
        { site: "default", receivedAt: AT, shared },
      );
      if (!result.ok) throw new Error("The event is right.");
      return minimiser(result.value, shared.wasOrdinary === true).properties;
    };
    expect(read({ id: "e-1", name: "Seen", properties: { note: "kettle", size: 2 } })).toEqual({
      note: "kettle",
      size: 2,
    });
    expect(shared.wasOrdinary).toBe(true);
    const masked = read({
      eventId: "e-2",
      eventType: "custom",
      eventData: { timestamp: AT, note: "ada@example.org" },
    });
    expect(masked).toEqual({ note: "[mail]" });
    expect(shared.wasOrdinary).toBe(false);
    for (const properties of [
      { note: "a\ud800b" },
      { constructor: "x" },
      { "a.__proto__": 1 },
      { note: Number.NaN },
    ])
      expect(minimisers.ordinaryKeys("Seen", properties)).toBe(-1);
  });

  it("shares one minimised context among the events that came under it", () => {
    const shared = {};
    const minimiser = createMinimisers().forBatch();
    const read = (id: string): Event => {
      const context = { page: { url: "https://shop.example/a?token=1", title: "A" } };
      const input = { id, name: "Seen", visitorId: "v", context, consent: ["analytics"] };
      const result = parseEvent(input, { site: "default", receivedAt: AT, shared });
      if (!result.ok) throw new Error("The event is right.");
      return minimiser(result.value, false);
    };
    const [first, second] = [read("e-1"), read("e-2")];
    expect(second.context).toBe(first.context);
    expect(second.consent).toBe(first.consent);
    expect(first.context.page?.url).toBe("https://shop.example/a");
  });
});
