import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEvent } from "../events/index.js";
import { type Purpose, PURPOSES } from "../consent/types.js";
import { fromSegment, SEGMENT_CALLS, type SegmentReading } from "./segment.js";
import { segmentConsent } from "./segment-consent.js";

const T0 = Date.parse("2026-03-01T12:00:00Z");
const context = { site: "default", receivedAt: T0 };
const parse = (message: unknown, reading: SegmentReading = {}) =>
  parseEvent(fromSegment(message, reading), context);
function read(message: unknown, reading: SegmentReading = {}) {
  const result = parse(message, reading);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
const base = { messageId: "m-1", anonymousId: "anon-1", timestamp: "2026-03-01T11:59:00.000Z" };

describe("a Segment message as an event", () => {
  it("keeps id, people, time and content of a track", () => {
    const message = {
      ...base,
      type: "track",
      event: "Song Played",
      userId: "u-1",
      properties: { title: "x", n: 3 },
    };
    expect(read(message)).toMatchObject({
      id: "m-1",
      visitorId: "anon-1",
      userId: "u-1",
      name: "Song Played",
      properties: { title: "x", n: 3 },
      occurredAt: T0 - 60_000,
      context: { call: "track" },
      consent: { purposes: ["necessary"], policyVersion: null },
    });
  });

  it("takes the client's time, corrected by its clock, whichever name it has", () => {
    const behind = { originalTimestamp: "2026-03-01T10:59:00.000Z", sentAt: "2026-03-01T11:00:00.000Z" };
    const message = { ...base, ...behind, timestamp: "2020-01-01T00:00:00.000Z", event: "Song Played" };
    expect(read(message, { call: "track" }).occurredAt).toBe(T0 - 60_000);
    const { timestamp: _, ...undated } = base;
    const batch = { sentAt: behind.sentAt, timestamp: behind.originalTimestamp };
    expect(read({ ...undated, type: "track", event: "x" }, { batch }).occurredAt).toBe(T0 - 60_000);
  });

  it("reads pages and screens as page views, without what clients add by themselves", () => {
    const properties = {
      url: "https://a.example/x",
      path: "/x",
      search: "?name=Jane",
      tab_url: "https://a.example/x?q",
      plan: "a",
    };
    const given = { page: { url: "https://other.example/", referrer: "$direct", search: "?name=Jane" } };
    const page = read(
      { ...base, name: "Home", category: "Shop", properties, context: given },
      { call: "page" },
    );
    expect(page).toMatchObject({
      name: "Page Viewed",
      properties: { plan: "a", name: "Home", category: "Shop" },
    });
    expect(page.context).toEqual({ call: "page", page: { url: "https://a.example/x", path: "/x" } });
    expect(read({ ...base, name: "Cart" }, { call: "screen" })).toMatchObject({
      name: "Page Viewed",
      properties: { name: "Cart" },
      context: { call: "screen" },
    });
  });

  it("reads who somebody is: traits, groups, and an alias as a link of the visitor", () => {
    const known = { ...base, userId: "u-1" };
    expect(read({ ...known, traits: { plan: "a" } }, { call: "identify" }).properties).toEqual({
      traits: { plan: "a" },
    });
    expect(read({ ...known, context: { traits: { plan: "b" } } }, { call: "identify" })).toMatchObject({
      name: "Visitor Identified",
      properties: { traits: { plan: "b" } },
    });
    expect(read({ ...known, groupId: "g", traits: { seats: 3 } }, { call: "group" })).toMatchObject({
      name: "Group Joined",
      properties: { groupId: "g", traits: { seats: 3 } },
    });
    const alias = { messageId: "m", userId: "u-1", previousId: "anon-7" };
    expect(read(alias, { call: "alias" })).toMatchObject({
      name: "Visitor Identified",
      visitorId: "anon-7",
      userId: "u-1",
      properties: {},
    });
    expect(read({ ...alias, anonymousId: "anon-1" }, { call: "alias" }).visitorId).toBe("anon-1");
  });

  it("takes over of the context what it knows and what the host added, and nothing of person or device", () => {
    const given = {
      ip: "203.0.113.7",
      userAgent: "Mozilla/5.0",
      userAgentData: { mobile: true },
      device: { id: "idfa", advertisingId: "x" },
      traits: { email: "a@b.example" },
      timezone: "Europe/Amsterdam",
      locale: "de-DE",
      screen: { width: 1, height: 2, innerWidth: 800, innerHeight: 600 },
      library: { name: "analytics.js", version: "1" },
      campaign: { source: "letter", id: "7" },
      element: "not one",
      experiment: { id: 4 },
    };
    expect(read({ ...base, event: "x", context: given }, { call: "track" }).context).toEqual({
      call: "track",
      campaign: { source: "letter" },
      device: { type: "mobile" },
      language: "de-DE",
      viewport: { width: 800, height: 600 },
      library: { name: "analytics.js", version: "1" },
      experiment: { id: 4 },
    });
    const shared = { context: { locale: "fr", tier: 1 } };
    expect(
      read({ ...base, type: "track", event: "x", context: { locale: "de" } }, { batch: shared }).context,
    ).toEqual({ call: "track", language: "de", tier: 1 });
  });

  it("names a session together with its visitor, so that two visitors never share one", () => {
    const session = (anonymousId: string, sessionId: unknown) =>
      read({ ...base, anonymousId, event: "x", context: { sessionId } }, { call: "track" }).sessionId;
    expect(session("a", 1795694203462)).toBe("a.1795694203462");
    expect(session("b", 1795694203462)).not.toBe(session("a", 1795694203462));
    expect(session("a", "")).toBeNull();
    expect(session("a".repeat(120), 1795694203462)).toBeNull();
  });

  it("is refused with reasons where it is no message", () => {
    for (const bad of [
      null,
      7,
      [],
      {},
      { ...base },
      { ...base, type: "teleport", name: "x" },
      { ...base, type: "track" },
    ])
      expect(parse(bad).ok, JSON.stringify(bad)).toBe(false);
    expect(parse({ messageId: "m", event: "x", userId: "", anonymousId: null }, { call: "track" }).ok).toBe(
      false,
    );
    expect(parse({ ...base, event: "x", properties: [1] }, { call: "track" }).ok).toBe(false);
    expect(parse({ ...base, properties: "x" }, { call: "page" }).ok).toBe(false);
  });

  it("is made safe or refused, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom(undefined, ...SEGMENT_CALLS),
        fc.anything(),
        (message, call, given) => {
          const shape =
            typeof message === "object" && message !== null ? { ...message, context: given } : message;
          expect(() => parse(shape, { ...(call && { call }) })).not.toThrow();
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the consent that a message states", () => {
  const stated = (categoryPreferences: Record<string, unknown>, categories = {}) =>
    segmentConsent({ consent: { categoryPreferences } }, categories);

  it("is that of categories called like purposes, or mapped to them", () => {
    expect(stated({ Analytics: true, marketing: false, C0009: true })).toEqual(["necessary", "analytics"]);
    const categories = { C0002: "analytics", C0003: ["personalization", "marketing"] } as const;
    expect(stated({ C0002: true, C0003: true }, categories)).toEqual([
      "necessary",
      "analytics",
      "personalization",
      "marketing",
    ]);
    expect(stated({ C0003: true, marketing: false }, categories)).toEqual(["necessary", "personalization"]);
    expect(
      segmentConsent({
        consentManagement: { allowedConsentIds: ["analytics"], deniedConsentIds: ["personalization"] },
      }),
    ).toEqual(["necessary", "analytics"]);
  });

  it("is none where nothing is said, and a refusal of everything where something unknown is refused", () => {
    expect(segmentConsent({})).toBeUndefined();
    expect(stated({})).toBeUndefined();
    expect(stated({ C0002: true })).toBeUndefined();
    expect(stated({ C0002: true, C0004: false })).toEqual(["necessary"]);
    expect(stated({ C0002: "yes" })).toEqual(["necessary"]);
  });

  it("never grants a purpose that no allowed category names, nor one that some category denies", () => {
    const names = fc.constantFrom<Purpose | "C1" | "C2">(...PURPOSES, "C1", "C2");
    const categories = { C1: "analytics", C2: ["marketing", "personalization"] } as const;
    const of = (name: string): readonly string[] =>
      name === "C1" ? ["analytics"] : name === "C2" ? categories.C2 : [name];
    fc.assert(
      fc.property(fc.dictionary(names, fc.boolean()), (given) => {
        const granted = (stated(given, categories) ?? []).filter((purpose) => purpose !== "necessary");
        const naming = (wanted: boolean) =>
          new Set(Object.entries(given).flatMap(([name, allowed]) => (allowed === wanted ? of(name) : [])));
        for (const purpose of granted) {
          expect(naming(true)).toContain(purpose);
          expect(naming(false)).not.toContain(purpose);
        }
      }),
    );
  });
});
