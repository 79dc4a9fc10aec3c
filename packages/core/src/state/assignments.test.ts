import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../events/types.js";
import {
  type Assignments,
  assignmentsOf,
  fold,
  initialState,
  mergeAssignments,
  type VisitorState,
} from "./index.js";

const T0 = Date.UTC(2026, 0, 5, 9);
const ALL = ["necessary", "analytics", "personalization"] as const;

interface Seen {
  experiment?: string;
  userId?: string | null;
  purposes?: Event["consent"]["purposes"];
  bucketVersion?: unknown;
  kept?: boolean;
}

function exposure(
  minute: number,
  variant: string,
  { experiment = "hero", userId = null, purposes = ALL, ...more }: Seen = {},
): Event {
  return {
    id: `e${minute}`,
    schemaVersion: 1,
    site: "default",
    visitorId: "v1",
    sessionId: null,
    deviceId: null,
    userId,
    seq: null,
    occurredAt: T0 + minute * 60_000,
    sentAt: null,
    receivedAt: null,
    tzOffset: 60,
    name: "Variant Exposed",
    properties: { slot: "top", experiment, variant, bucketVersion: 0, ...more } as Event["properties"],
    context: {},
    consent: { purposes, policyVersion: "1" },
  };
}
const run = (...events: Event[]): VisitorState => events.reduce(fold, initialState());
const kept = (state: VisitorState) => state.learned.assignments ?? [];
const after = (...events: Event[]): Assignments => assignmentsOf(kept(run(...events)));

describe("what is shown of a sticky experiment assigns", () => {
  it("the first variant, and the first while logged in", () => {
    expect(after(exposure(0, "a"))).toEqual({ hero: { variant: "a", bucketVersion: 0 } });
    expect(after(exposure(0, "a", { userId: "u" }))).toEqual({
      hero: { variant: "a", known: "a", bucketVersion: 0 },
    });
    expect(after(exposure(0, "a"), exposure(1, "a", { userId: "u" }))).toEqual({
      hero: { variant: "a", known: "a", bucketVersion: 0 },
    });
    expect(
      after(exposure(0, "a"), exposure(1, "b", { userId: "u" }), exposure(2, "c", { userId: "u" })),
    ).toEqual({
      hero: { variant: "a", known: "b", bucketVersion: 0, conflict: true },
    });
  });

  it("by the times of what was seen, whatever came first", () => {
    const seen = [
      exposure(3, "b", { userId: "u" }),
      exposure(1, "a"),
      exposure(2, "c", { userId: "u" }),
      exposure(4, "a"),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(seen, { minLength: 4 }), (events) => {
        expect(after(...events)).toEqual({
          hero: { variant: "a", known: "c", bucketVersion: 0, conflict: true },
        });
      }),
    );
  });

  it("anew with a higher bucket version, and not by a lower one", () => {
    const both = [
      exposure(0, "a", { userId: "u" }),
      exposure(1, "b"),
      exposure(2, "c", { bucketVersion: 3 }),
    ];
    expect(after(...both)).toEqual({ hero: { variant: "c", bucketVersion: 3 } });
    expect(after(...both, exposure(3, "a", { bucketVersion: 2 }))).toEqual({
      hero: { variant: "c", bucketVersion: 3 },
    });
  });

  it("by what was kept of another device, which was before", () => {
    const own = [exposure(0, "b"), exposure(1, "a", { userId: "u", kept: true })];
    expect(after(...own)).toEqual({ hero: { variant: "a", known: "a", bucketVersion: 0, conflict: true } });
    // What was kept of this very device says nothing new.
    expect(
      after(exposure(0, "a"), exposure(1, "b", { userId: "u" }), exposure(2, "b", { kept: true })),
    ).toEqual({
      hero: { variant: "a", known: "b", bucketVersion: 0, conflict: true },
    });
  });

  it("not without consent to personalization, nor of experiments that are not sticky, nor by what is no assignment", () => {
    const none = [
      exposure(0, "a", { purposes: ["necessary", "analytics"] }),
      exposure(1, "a", { bucketVersion: undefined }),
      exposure(2, "a", { bucketVersion: "1" }),
      exposure(3, "a", { bucketVersion: Number.NaN }),
      exposure(4, ""),
      exposure(5, "a", { experiment: "" }),
      exposure(6, "x".repeat(129)),
      { ...exposure(7, "a"), name: "Variant Viewed" },
    ];
    const state = run(...none);
    expect("assignments" in state.learned).toBe(false);
  });

  it("and is a state that one from before it goes on to", () => {
    const before = JSON.parse(JSON.stringify(initialState())) as VisitorState;
    expect(assignmentsOf(kept(before))).toEqual({});
    expect(assignmentsOf(kept(fold(before, exposure(0, "a"))))).toEqual({
      hero: { variant: "a", bucketVersion: 0 },
    });
  });
});

describe("the room for assignments", () => {
  const names = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 128 }),
    fc.constantFrom(
      "__proto__",
      "\u0000".repeat(60),
      '"'.repeat(100),
      "漢".repeat(128),
      "😀".repeat(64),
      "\ud800x",
    ),
  );
  it("is bounded whatever they are called, and those that began first make room", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(names, names, fc.integer({ min: 0, max: 8.64e15 }), fc.maxSafeInteger(), fc.boolean()),
          {
            maxLength: 40,
          },
        ),
        (seen) => {
          let state = initialState();
          for (const [experiment, variant, at, bucketVersion, isKnown] of seen) {
            const one = exposure(0, variant, { experiment, bucketVersion, userId: isKnown ? "u" : null });
            state = fold(state, { ...one, occurredAt: at });
            const list = kept(state);
            expect(Buffer.byteLength(JSON.stringify(list))).toBeLessThanOrEqual(600);
            expect(list.map(([, , , began]) => began)).toEqual(
              list.map(([, , , began]) => began).sort((a, b) => a - b),
            );
            expect(JSON.parse(JSON.stringify(assignmentsOf(list)))).toEqual(assignmentsOf(list));
          }
        },
      ),
      { numRuns: 300 },
    );
    const many = Array.from({ length: 40 }, (_, i) => exposure(i, "b", { experiment: `experiment-${i}` }));
    const left = Object.keys(after(...many));
    expect(left.length).toBeGreaterThanOrEqual(8);
    expect(left).toEqual(many.slice(-left.length).map(({ properties }) => properties.experiment));
  });
});

describe("the devices of one person", () => {
  const device = (...events: Event[]) => kept(run(...events));
  const phone = device(exposure(0, "a"), exposure(5, "a", { userId: "u" }));
  const laptop = device(exposure(1, "b", { userId: "u" }), exposure(2, "only-here", { experiment: "other" }));

  it("have what was seen first of all, first while logged in, and whether it differs", () => {
    expect(assignmentsOf(mergeAssignments([phone, laptop]))).toEqual({
      hero: { variant: "a", known: "b", bucketVersion: 0, conflict: true },
      other: { variant: "only-here", bucketVersion: 0 },
    });
    const newer = device(exposure(9, "c", { bucketVersion: 1 }));
    expect(assignmentsOf(mergeAssignments([phone, newer, laptop])).hero).toEqual({
      variant: "c",
      bucketVersion: 1,
    });
    expect(assignmentsOf(mergeAssignments([phone, device(exposure(7, "a"))])).hero).toEqual({
      variant: "a",
      known: "a",
      bucketVersion: 0,
    });
  });

  it("are the same in any order and however they are put together, and one alone is itself", () => {
    const one = fc
      .array(
        fc.tuple(
          fc.integer({ min: 0, max: 5 }),
          fc.constantFrom("a", "b", "c"),
          fc.record({
            experiment: fc.constantFrom("hero", "other"),
            userId: fc.constantFrom(null, "u"),
            bucketVersion: fc.integer({ min: 0, max: 1 }),
          }),
        ),
        { maxLength: 6 },
      )
      .map((events) => device(...events.map(([minute, variant, more]) => exposure(minute, variant, more))));
    fc.assert(
      fc.property(one, one, one, (a, b, c) => {
        const merged = mergeAssignments([a, b, c]);
        expect(mergeAssignments([c, a, b])).toEqual(merged);
        expect(mergeAssignments([a, mergeAssignments([c, b])])).toEqual(merged);
        expect(mergeAssignments([a, a])).toEqual(mergeAssignments([a]));
      }),
    );
  });
});
