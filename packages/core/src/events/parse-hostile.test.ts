import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParseContext } from "./draft.js";
import { parseEvent } from "./parse-event.js";
import type { Event } from "./types.js";

const NOW = 1_763_640_000_000;
const at: ParseContext = { site: "shop", receivedAt: NOW };
const native = { id: "e1", name: "Page Viewed", visitorId: "v1", occurredAt: NOW - 1000 };

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

describe("T20 at the door", () => {
  const refused = (text: string): string[] => paths({ ...native, ...(JSON.parse(text) as object) });
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

  it("refuses keys that lead to prototypes, nested and dotted, and changes none", () => {
    expect(refused('{"properties":{"__proto__":{"polluted":1}}}')).toEqual(["/properties/__proto__"]);
    expect(refused('{"properties":{"a":[{"constructor":{"prototype":{"polluted":1}}}]}}')).toEqual([
      "/properties/a/0/constructor",
      "/properties/a/0/constructor/prototype",
    ]);
    expect(
      refused('{"properties":{"a.__proto__.polluted":1,"constructor.prototype.polluted":1}}'),
    ).toHaveLength(2);
    expect(refused('{"context":{"page":{"__proto__":1}}}')).toEqual(["/context/page/__proto__"]);
    expect(refused('{"properties":{"my_constructor":1,"prototypes":2}}')).toEqual([]);
    expect(paths(JSON.parse('{"__proto__":{"name":"x","id":"1","visitorId":"v"}}'))).not.toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("refuses what is too deep, even 100,000 deep, without falling over", () => {
    expect(refused(`{"properties":${deep(8)}}`)).toEqual([]);
    expect(refused(`{"properties":${deep(9)}}`)).toHaveLength(1);
    expect(refused(`{"properties":${deep(100_000)}}`)).toHaveLength(1);
    expect(refused(`{"properties":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`)).toHaveLength(1);
    expect(paths(JSON.parse(deep(100_000)))).not.toEqual([]);
  });

  it("refuses what is too much", () => {
    const keys = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i]));
    expect(paths({ ...native, properties: keys(200), context: keys(56) })).toEqual([]);
    expect(paths({ ...native, properties: keys(200), context: keys(57) })).toEqual(["/context"]);
    expect(paths({ ...native, properties: { a: Array(1024).fill(0) } })).toEqual([]);
    expect(paths({ ...native, properties: { a: Array(1000).fill(0), b: Array(25).fill(0) } })).toEqual([
      "/properties/b",
    ]);
    expect(paths({ ...native, properties: { a: "x".repeat(8192) } })).toEqual([]);
    expect(paths({ ...native, properties: { a: "x".repeat(8193) } })).toEqual(["/properties/a"]);
    expect(paths({ ...native, properties: { ["x".repeat(129)]: 1, "": 1, "\0": 1 } })).toEqual([
      "/properties",
      "/properties",
      "/properties",
    ]);
  });

  it("refuses numbers without end, with their path", () => {
    expect(refused('{"properties":{"a":[1,{"b":1e400}]}}')).toEqual(["/properties/a/1/b"]);
  });

  it("takes the last of duplicate keys, as JSON does", () => {
    expect(
      value({ ...native, ...(JSON.parse('{"properties":{"a":1,"a":2}}') as object) }).properties,
    ).toEqual({ a: 2 });
  });

  it("makes NUL and lone surrogates safe in texts, and refuses them in ids", () => {
    const properties = {
      a: "x\0y\ud800z\udc00",
      list: ["\ud83d\ude00", "\udc00"],
      deep: { ok: "\u{1f600}" },
    };
    expect(value({ ...native, properties }).properties).toEqual({
      a: "x\ufffdy\ufffdz\ufffd",
      list: ["😀", "\ufffd"],
      deep: { ok: "😀" },
    });
    expect(properties.a).toContain("\0");
    for (const id of ["a\0", "a\nb", "\ud800", "\udc00x", "x".repeat(10_000), "a\u2028", {}, 1.5, true])
      expect(paths({ ...native, id })).toEqual(["/id"]);
    for (const id of ["}{tag}", "a b", "日本", "😀", "x".repeat(128)])
      expect(value({ ...native, id }).id).toBe(id);
  });

  it("refuses what is not JSON, leaves out undefined", () => {
    const properties = { date: new Date(0), map: new Map(), run: () => 1, big: 1n, mark: Symbol("x") };
    expect(paths({ ...native, properties })).toEqual(
      Object.keys(properties).map((key) => `/properties/${key}`),
    );
    expect(Object.keys(value({ ...native, properties: { a: undefined, b: 1 } }).properties)).toEqual(["b"]);
    expect(value({ ...native, properties: { a: [undefined, 1, null] } }).properties).toEqual({
      a: [null, 1, null],
    });
    expect(
      value({ ...native, properties: Object.assign(Object.create(null) as object, { a: 1 }) }).properties,
    ).toEqual({ a: 1 });
  });

  it("whatever comes, the answer is an event or issues", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
      key: fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "a")),
    });
    const shaped = fc.record(
      {
        id: anything,
        name: anything,
        eventType: anything,
        visitorId: anything,
        occurredAt: anything,
        properties: anything,
        context: fc.oneof(
          anything,
          fc.dictionary(fc.constantFrom("page", "device", "viewport", "campaign"), anything),
        ),
        eventData: anything,
        elementContext: anything,
        campaignContext: anything,
        consent: anything,
        sessionId: fc.string(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(anything, shaped), (input) => {
        const result = parseEvent(input, at);
        if (result.ok) {
          const kept = JSON.parse(JSON.stringify(result.value)) as Event;
          // Who is named by the session alone got a reserved id from us, which nobody may send.
          const named = !kept.visitorId.startsWith("s:");
          const again = parseEvent(named ? kept : { ...kept, visitorId: undefined }, at);
          expect(again).toEqual({ ok: true, value: kept });
        } else expect(result.error.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
