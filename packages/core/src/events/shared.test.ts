import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEvent } from "./parse-event.js";
import { sameJson } from "./shared.js";

const AT = 1_767_225_600_000;

describe("sameJson", () => {
  it("is true of copies, and only of what has the same JSON text", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.jsonValue(), (one, other) => {
        expect(sameJson(structuredClone(one), one)).toBe(true);
        if (sameJson(one, other)) expect(one).toEqual(other);
      }),
    );
  });

  it.each([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ b: 1 }, { a: undefined }],
    [[1], { 0: 1 }],
    [[1, 2], [1]],
    [[], {}],
    [null, {}],
    ["1", 1],
    [{ a: { b: [1] } }, { a: { b: [2] } }],
    [{}, Object.create(null)],
  ])("tells %j from %j", (one, other) => {
    expect(sameJson(one, other)).toBe(false);
    expect(sameJson(other, one)).toBe(false);
  });

  it("goes no deeper than what is known", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i++) deep = { deep };
    expect(sameJson(deep, { deep: { deep: 1 } })).toBe(false);
  });
});

describe("events that share parts", () => {
  const input = (id: string, more: object = {}) => ({
    id,
    name: "Seen",
    visitorId: "v",
    context: { page: { title: "A" }, tags: ["a", "b"] },
    consent: { purposes: ["analytics"], policyVersion: "1" },
    ...more,
  });
  const parse = (events: readonly object[], more: object = {}) => {
    const context = { site: "default", receivedAt: AT, shared: {}, ...more };
    return events.map((event) => parseEvent(event, context));
  };

  it("have the request's country in the shared context", () => {
    const [first, second] = parse([input("e-1"), input("e-2")], { country: "NO" });
    expect(first).toMatchObject({ ok: true, value: { context: { country: "NO", page: { title: "A" } } } });
    expect(second?.ok && second.value.context).toBe(first?.ok && first.value.context);
  });

  it("have a budget of keys each", () => {
    const many = Object.fromEntries(Array.from({ length: 253 }, (_, i) => [`k${i}`, i]));
    const [, second, third] = parse([input("e-1"), input("e-2", { properties: many }), input("e-3")]);
    expect(second).toMatchObject({ ok: true });
    expect(third).toMatchObject({ ok: true });
    const [, over] = parse([input("e-1"), input("e-2", { properties: { ...many, one: 1 } })]);
    expect(over).toMatchObject({ ok: false, error: [{ code: "ATTUNE_EVENTS_TOO_LARGE" }] });
  });

  it("share nothing that was wrong", () => {
    const wrong = input("e-1", { context: { page: 1 }, consent: "yes" });
    const results = parse([wrong, structuredClone(wrong)]);
    for (const result of results) {
      expect(result).toMatchObject({ ok: false, error: [{ path: "/context/page" }, { path: "/consent" }] });
    }
  });
});
