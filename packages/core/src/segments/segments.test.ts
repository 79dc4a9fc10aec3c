import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialState } from "../state/index.js";
import type { VisitorState } from "../state/types.js";
import { compileSegments, evaluateSegments, segmentChanges } from "./evaluate.js";
import { segmentMatcher } from "./segment-expression.js";
import type { Memberships, SegmentDefinition, SegmentExpression } from "./types.js";

const at = (lastSeenAt: number): VisitorState => ({ ...initialState(), lastSeenAt });
const gap: SegmentDefinition = {
  name: "eager",
  enter: { score: { $gte: 0.7 } },
  exit: { score: { $lt: 0.4 } },
};

describe("evaluateSegments", () => {
  it("enters with the time of the event, stays through the gap, leaves below it", () => {
    const compiled = compileSegments([gap]);
    const walk = [0.5, 0.8, 0.5, 0.69, 0.41, 0.3, 0.5, 0.7];
    let memberships: Memberships = {};
    const seen = walk.map(
      (score, i) => (memberships = evaluateSegments(compiled, at(i), memberships, { score })),
    );
    expect(seen).toEqual([{}, { eager: 1 }, { eager: 1 }, { eager: 1 }, { eager: 1 }, {}, {}, { eager: 7 }]);
  });

  it("does not flicker: with a gap, a change takes a crossing of the whole gap", () => {
    const compiled = compileSegments([gap]);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.4, max: 0.6999, noNaN: true })),
        fc.boolean(),
        (scores, inside) => {
          let memberships: Memberships = inside ? { eager: 0 } : {};
          const first = memberships;
          for (const [i, score] of scores.entries())
            memberships = evaluateSegments(compiled, at(i), memberships, { score });
          expect(memberships).toBe(first);
        },
      ),
    );
  });

  it("changes nothing when asked again about the same state, whatever the conditions", () => {
    const condition = fc.constantFrom(
      { score: { $gte: 0.5 } },
      { score: { $lt: 0.6 } },
      {},
      { score: { $exists: false } },
    );
    const segment = fc.record(
      { name: fc.constantFrom("a", "b", "c"), enter: condition, exit: condition },
      { requiredKeys: ["name", "enter"] },
    );
    fc.assert(
      fc.property(
        fc.array(segment),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom({}, { a: 1 }, { b: 0, gone: 2 }),
        (definitions, score, previous) => {
          const compiled = compileSegments(definitions);
          const once = evaluateSegments(compiled, at(5), previous as Memberships, { score });
          expect(evaluateSegments(compiled, at(5), once, { score })).toBe(once);
        },
      ),
    );
  });

  it("stays for the least time, in the time of events", () => {
    const compiled = compileSegments([{ name: "s", enter: { score: 1 }, minStayMs: 1000 }]);
    const inside = evaluateSegments(compiled, at(5000), {}, { score: 1 });
    expect(evaluateSegments(compiled, at(5999), inside, { score: 0 })).toBe(inside);
    expect(evaluateSegments(compiled, at(4000), inside, { score: 0 })).toBe(inside);
    expect(evaluateSegments(compiled, at(6000), inside, { score: 0 })).toEqual({});
  });

  it("reads features, and groups", () => {
    const compiled = compileSegments(
      [
        { name: "newcomer", enter: { sessions: { $lte: 0 } } },
        { name: "vip", enter: { plan: { $inGroup: "paid" } } },
      ],
      {
        groups: { paid: ["pro"] },
      },
    );
    expect(evaluateSegments(compiled, at(1), {}, { plan: "pro" })).toMatchObject({ vip: 1 });
  });

  it("leaves segments that are no longer defined, and takes only the first of a name", () => {
    const compiled = compileSegments([
      { name: "a", enter: {} },
      { name: "a", enter: { never: true } },
    ]);
    expect(evaluateSegments(compiled, at(3), { a: 1, gone: 2 })).toEqual({ a: 1 });
    expect(evaluateSegments(compileSegments([]), at(3), { gone: 2 })).toEqual({});
    const none = {};
    expect(evaluateSegments(compileSegments([]), at(3), none)).toBe(none);
  });

  it("T20: a segment named like a prototype is nobody's", () => {
    const compiled = compileSegments([
      { name: "__proto__", enter: {} },
      { name: "constructor", enter: {} },
    ]);
    const memberships = evaluateSegments(compiled, at(1), {});
    expect(Object.keys(memberships)).toEqual(["constructor"]);
    expect(evaluateSegments(compiled, at(2), memberships)).toBe(memberships);
  });
});

describe("segmentChanges", () => {
  it("lists those left and those entered", () => {
    expect(segmentChanges({ a: 1, b: 2 }, { b: 2, c: 9 }, 9)).toEqual([
      { segment: "a", change: "left", at: 9 },
      { segment: "c", change: "entered", at: 9 },
    ]);
    expect(segmentChanges({ a: 1 }, { a: 1 }, 9)).toEqual([]);
  });
});

describe("segmentMatcher", () => {
  const cases: [SegmentExpression, string[], boolean][] = [
    ["a", ["a"], true],
    ["a", ["b"], false],
    ["toString", [], false],
    [["a", "b"], ["b"], true],
    [["a", "b"], ["c"], false],
    [[], ["a"], false],
    [{ any: ["a", "b"] }, ["b"], true],
    [{ all: ["a", "b"] }, ["b"], false],
    [{ all: ["a", "b"] }, ["a", "b"], true],
    [{ not: "a" }, ["b"], true],
    [{ not: ["a", "b"] }, ["b"], false],
    [{ any: ["a", { all: ["b", "c"] }], not: { any: ["d"] } }, ["b", "c"], true],
    [{ any: ["a", { all: ["b", "c"] }], not: { any: ["d"] } }, ["b", "c", "d"], false],
  ];
  it.each(cases)("%j for %j: %s", (expression, names, expected) => {
    expect(segmentMatcher(expression)(Object.fromEntries(names.map((name) => [name, 1])))).toBe(expected);
  });

  it("takes no memberships for none", () => {
    expect(segmentMatcher("a")(undefined)).toBe(false);
    expect(segmentMatcher({ not: "a" })(undefined)).toBe(true);
  });
});
