import { describe, expect, it } from "vitest";
import { ALL_GRANTS, grantsOf } from "../consent/grants.js";
import type { ParseContext } from "./draft.js";
import { parseEvent } from "./parse-event.js";
import type { Event } from "./types.js";

const NOW = 1_763_640_000_000;
const at: ParseContext = { site: "shop", receivedAt: NOW };
const native = { id: "e1", name: "Page Viewed", visitorId: "v1", occurredAt: NOW - 1000 };
const wire = { eventId: "e1", sessionId: "s1", eventType: "click", eventData: { timestamp: NOW - 1000 } };

const value = (input: unknown, context = at): Event => {
  const result = parseEvent(input, context);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
const issues = (input: unknown, context = at) => {
  const result = parseEvent(input, context);
  return result.ok ? [] : result.error;
};
const paths = (input: unknown, context = at): string[] => issues(input, context).map((issue) => issue.path);

describe("the native shape", () => {
  it("fills in what is missing", () => {
    expect(value(native)).toEqual({
      id: "e1",
      schemaVersion: 1,
      site: "shop",
      visitorId: "v1",
      sessionId: null,
      deviceId: null,
      userId: null,
      seq: null,
      occurredAt: NOW - 1000,
      sentAt: null,
      receivedAt: NOW,
      tzOffset: null,
      name: "Page Viewed",
      properties: {},
      context: {},
      consent: { purposes: ["necessary"], policyVersion: null },
    });
  });

  it("ignores unknown fields, and what the client says of site and receipt", () => {
    expect(value({ ...native, site: "other", receivedAt: 1, extra: 1 })).toEqual(value(native));
  });

  it("prefers the country that the host's CDN says", () => {
    expect(value({ ...native, context: { country: "FR" } }).context.country).toBe("FR");
    expect(value({ ...native, context: { country: "FR" } }, { ...at, country: "DE" }).context.country).toBe(
      "DE",
    );
  });

  it("calls device types that it does not know other", () => {
    expect(value({ ...native, context: { device: { type: "tv", os: "x" } } }).context.device).toEqual({
      type: "other",
      os: "x",
    });
  });

  it("lists every issue, by path, with a cure and without the value", () => {
    const found = issues({
      id: "e\u0000",
      name: ["secret"],
      schemaVersion: 2,
      visitorId: "secret".repeat(30),
      seq: -1,
      tzOffset: "secret",
      occurredAt: "secret",
      properties: { "a/b": { c: Number.POSITIVE_INFINITY } },
      context: { page: { url: 5 }, campaign: "secret", viewport: { width: 1 }, device: [], language: {} },
      consent: "secret",
    });
    expect(found.map((issue) => issue.path).sort()).toEqual(
      [
        "/id",
        "/name",
        "/schemaVersion",
        "/visitorId",
        "/visitorId",
        "/seq",
        "/tzOffset",
        "/occurredAt",
        "/properties/a~1b/c",
        "/context/page/url",
        "/context/campaign",
        "/context/viewport",
        "/context/device",
        "/context/language",
        "/consent",
      ].sort(),
    );
    expect(JSON.stringify(found)).not.toContain("secret");
    expect(found.every((issue) => /^ATTUNE_EVENTS_[A-Z_]+$/.test(issue.code))).toBe(true);
  });

  it("wants a name, a visitor and an object", () => {
    expect(paths({ id: "e1", visitorId: "v" })).toEqual(["/name"]);
    expect(paths({ id: "e1", name: "x" })).toEqual(["/visitorId"]);
    for (const input of [null, 5, "x", [], new Map(), undefined]) expect(paths(input)).toEqual([""]);
    expect(paths({ ...native, properties: [], context: 5 })).toEqual(["/properties", "/context"]);
  });

  it("stops at twenty issues", () => {
    const properties = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`n${i}`, Number.NaN]));
    expect(issues({ ...native, properties })).toHaveLength(20);
  });
});

describe("the behavioural shape", () => {
  const full = {
    sessionId: "s1",
    userId: 7,
    anonymousId: "a1",
    deviceType: "mobile",
    eventType: "product_view",
    eventData: {
      url: "https://x.io/a",
      referrer: null,
      title: "T",
      timestamp: "2025-11-20T12:00:00Z",
      viewport: { width: 390, height: 844 },
      language: "de",
      tzOffset: 60,
      performance: { loadTime: 12 },
      productId: "p1",
      price: 9.5,
    },
    elementContext: {
      element: "a",
      elementId: "buy",
      className: "btn",
      text: "Buy",
      position: { x: 1, y: 2 },
    },
    interactionContext: { interaction: "click", duration: 100 },
    pageContext: { path: "/a", url: "https://ignored.io" },
    campaignContext: { utm_source: "news", medium: "email", campaign: "spring" },
    journeyStage: "consideration",
    conversionGoal: "purchase",
    consent: { analytics: true, marketing: false },
  };

  it("becomes the same event as any", () => {
    expect(value(full)).toEqual({
      id: expect.stringMatching(/^h-[0-9a-f]{16}$/),
      schemaVersion: 1,
      site: "shop",
      visitorId: "a1",
      sessionId: "s1",
      deviceId: null,
      userId: "7",
      seq: null,
      occurredAt: Date.UTC(2025, 10, 20, 12),
      sentAt: null,
      receivedAt: NOW,
      tzOffset: 60,
      name: "Product Viewed",
      properties: {
        performance: { loadTime: 12 },
        product_id: "p1",
        price: 9.5,
        interaction: { interaction: "click", duration: 100 },
        journeyStage: "consideration",
        conversionGoal: "purchase",
      },
      context: {
        page: { url: "https://x.io/a", path: "/a", title: "T" },
        campaign: { source: "news", medium: "email", name: "spring" },
        element: { tag: "a", id: "buy", className: "btn", text: "Buy", position: { x: 1, y: 2 } },
        device: { type: "mobile" },
        viewport: { width: 390, height: 844 },
        language: "de",
      },
      consent: { purposes: ["necessary", "analytics"], policyVersion: null },
    });
  });

  it("keeps words it does not know, and takes the host's own mapping first", () => {
    expect(value({ ...wire, eventType: "wishlist_add" }).name).toBe("wishlist_add");
    expect(value({ ...wire, eventType: "view" }, { ...at, mapping: { view: "Product Viewed" } }).name).toBe(
      "Product Viewed",
    );
    expect(value({ ...wire, eventType: "click" }, { ...at, mapping: { view: "Product Viewed" } }).name).toBe(
      "Element Clicked",
    );
  });

  it("reads scroll depths as shares or percentages", () => {
    const depth = (scrollDepth: number) =>
      value({ ...wire, eventType: "scroll", eventData: { scrollDepth } }).properties["depth"];
    expect([0.4, 1, 40, 250, -1].map(depth)).toEqual([0.4, 1, 0.4, 1, 0]);
  });

  it("takes the time beside the data where none is in it, and leaves out empty contexts", () => {
    const event = value({
      eventType: "click",
      sessionId: "s1",
      timestamp: NOW,
      deviceType: "fridge",
      elementContext: {},
    });
    expect(event).toMatchObject({ occurredAt: NOW, properties: {}, context: { device: { type: "other" } } });
    expect(Object.keys(event.context)).toEqual(["device"]);
  });

  it("names issues by their place on the wire", () => {
    const bad = {
      eventType: "",
      sessionId: "s1",
      eventData: { timestamp: "x", url: 1, tzOffset: 9999, deep: Number.NaN },
      elementContext: { text: {} },
      campaignContext: [],
      deviceType: {},
    };
    expect(paths(bad).sort()).toEqual(
      [
        "/campaignContext",
        "/deviceType",
        "/elementContext/text",
        "/eventData/deep",
        "/eventData/timestamp",
        "/eventData/tzOffset",
        "/eventData/url",
        "/eventType",
      ].sort(),
    );
    expect(paths({ ...wire, eventData: { timestamp: 5 } })).toEqual(["/eventData/timestamp"]);
    expect(paths({ ...wire, eventData: {}, timestamp: 5 })).toEqual(["/timestamp"]);
  });
});

describe("identity", () => {
  it("without a visitor it is the user's, else the session's", () => {
    expect(value({ ...native, visitorId: undefined, anonymousId: "a" }).visitorId).toBe("a");
    expect(value({ ...native, visitorId: "", userId: "u", sessionId: "s" }).visitorId).toBe("u:u");
    expect(value({ ...native, visitorId: null, sessionId: "s" }).visitorId).toBe("s:s");
  });

  it("takes no visitor id that stands for a user or a session", () => {
    for (const id of ["u:jane", "s:1"]) {
      expect(paths({ ...native, visitorId: id })).toEqual(["/visitorId"]);
      expect(paths({ ...native, visitorId: undefined, anonymousId: id })).toEqual(["/anonymousId"]);
      expect(paths({ ...wire, anonymousId: id })).toEqual(["/anonymousId"]);
    }
    expect(value({ ...native, visitorId: "u-jane" }).visitorId).toBe("u-jane");
  });

  it("T9 without an id a retry is a duplicate, and anything else is not", () => {
    const { id: _, ...event } = { ...native, properties: { a: 1, b: [{ c: 2 }] } };
    const { id } = value(event);
    expect(value(structuredClone(event), { ...at, receivedAt: NOW + 5000, sentAt: NOW - 60_000 }).id).toBe(
      id,
    );
    expect(value({ ...event, properties: { b: [{ c: 2 }], a: 1 } }).id).toBe(id);
    for (const change of [
      { name: "x" },
      { visitorId: "v2" },
      { sessionId: "s" },
      { occurredAt: NOW - 999 },
      { properties: { a: 2 } },
      { context: { language: "de" } },
    ]) {
      expect(value({ ...event, ...change }).id).not.toBe(id);
    }
    expect(value(event, { ...at, site: "other" }).id).not.toBe(id);
  });
});

describe("consent", () => {
  const purposes = (consent: unknown, context = at) => value({ ...native, consent }, context).consent;

  it("is the event's own, in any of its forms, else the request's, else none", () => {
    expect(purposes({ purposes: ["marketing", "analytics", "telepathy"], policyVersion: "3" })).toEqual({
      purposes: ["analytics", "marketing"],
      policyVersion: "3",
    });
    expect(purposes(["analytics"]).purposes).toEqual(["analytics"]);
    expect(purposes({ granularConsent: { analytics: true }, consentStatus: "granted" }).purposes).toEqual([
      "necessary",
      "analytics",
    ]);
    expect(purposes({ granularConsent: { analytics: true }, consentStatus: "withdrawn" }).purposes).toEqual([
      "necessary",
    ]);
    expect(purposes({ analytics: "yes" }).purposes).toEqual(["necessary"]);
    expect(value({ ...wire, granularConsent: { marketing: true } }).consent.purposes).toEqual([
      "necessary",
      "marketing",
    ]);
    for (const refused of [
      { ...wire, granularConsent: { marketing: true }, consentStatus: "denied" },
      { ...native, consent: { purposes: ["marketing"], consentStatus: "withdrawn" } },
    ])
      expect(value(refused).consent.purposes).toEqual(["necessary"]);
    const assumed = { ...at, consent: grantsOf(["personalization"]) };
    expect(purposes(undefined, assumed).purposes).toEqual(["necessary", "personalization"]);
    expect(purposes([], { ...at, consent: ALL_GRANTS }).purposes).toEqual([]);
    expect(purposes(undefined, { ...at, consent: null }).purposes).toEqual(["necessary"]);
  });
});
