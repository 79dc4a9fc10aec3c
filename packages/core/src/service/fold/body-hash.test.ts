import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../../events/types.js";
import type { JsonObject } from "../../kernel/json.js";
import { bodyHash as hashOf } from "./body-hash.js";

const base: Event = {
  id: "e",
  schemaVersion: 1,
  site: "default",
  visitorId: "v",
  sessionId: "s",
  deviceId: null,
  userId: null,
  seq: 1,
  occurredAt: 1,
  sentAt: 2,
  receivedAt: 3,
  tzOffset: 0,
  name: "Page Viewed",
  properties: {},
  context: {},
  consent: { purposes: ["necessary"], policyVersion: null },
};
const bodyHash = (properties: object): number => hashOf({ ...base, properties: properties as JsonObject });

const reversed = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
};

describe("bodyHash", () => {
  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        (body) => bodyHash(body) === bodyHash(reversed(body) as object),
      ),
    );
  });

  it("tells different bodies apart", () => {
    const bodies = [
      {},
      { a: 1 },
      { a: "1" },
      { a: 1.5 },
      { a: true },
      { a: false },
      { a: null },
      { a: [1] },
      { a: [1, 2] },
      { a: [2, 1] },
      { a: { b: 1 } },
      { b: 1 },
      { b: { a: 1 } },
      { a: 1, b: 2 },
      { a: 2, b: 1 },
      { a: "" },
      { a: [] },
      { a: {} },
    ];
    expect(new Set(bodies.map(bodyHash)).size).toBe(bodies.length);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(
          JSON.stringify(reversed(a)) !== JSON.stringify(reversed(b)) &&
            JSON.stringify(a) !== JSON.stringify(b),
        );
        fc.pre(!isSame(a, b));
        expect(bodyHash({ a })).not.toBe(bodyHash({ a: b }));
      }),
    );
  });

  it("leaves out what differs between deliveries, and nothing else", () => {
    const same: Partial<Event>[] = [
      { occurredAt: 9, sentAt: null, receivedAt: 9 },
      { context: { country: "DE", campaign: { name: "x" } } },
      { consent: { purposes: [], policyVersion: "2" } },
    ];
    for (const over of same) expect(hashOf({ ...base, ...over })).toBe(hashOf(base));
    const other: Partial<Event>[] = [
      { name: "x" },
      { sessionId: null },
      { userId: "u" },
      { deviceId: "d" },
      { seq: 2 },
      { context: { language: "de" } },
    ];
    expect(new Set([base, ...other.map((over) => ({ ...base, ...over }))].map(hashOf)).size).toBe(
      other.length + 1,
    );
    expect(bodyHash({ a: undefined })).toBe(bodyHash({}));
  });
});

function isSame(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}
