import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParseContext } from "./draft.js";
import { parseEvent } from "./parse-event.js";
import { clockCorrection } from "./skew.js";
import type { Event } from "./types.js";

const NOW = 1_763_640_000_000;
const DAY = 86_400_000;
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

describe("T10 clocks", () => {
  it("a clock that is wrong by up to a day is corrected to within the time on the way, order kept", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -DAY, max: DAY }).filter((offset) => Math.abs(offset) > 4000),
        fc.integer({ min: 0, max: 3000 }),
        fc.array(fc.integer({ min: 0, max: 3 * DAY }), { minLength: 2, maxLength: 5 }),
        (offset, way, ages) => {
          const context = { ...at, sentAt: NOW - way + offset };
          const times = ages
            .sort((a, b) => b - a)
            .map((age) => value({ ...native, occurredAt: NOW - way - age + offset }, context).occurredAt);
          times.forEach((time, i) => {
            const late = time - (NOW - way - (ages[i] as number));
            expect(late).toBeGreaterThanOrEqual(0);
            expect(late).toBeLessThanOrEqual(way);
          });
          expect([...times].sort((a, b) => a - b)).toEqual(times);
        },
      ),
    );
  });

  it("an ordinary way is no wrong clock, and what was recorded keeps its age", () => {
    expect(value({ ...native, occurredAt: NOW - 3 * DAY }, { ...at, sentAt: NOW - 1800 }).occurredAt).toBe(
      NOW - 3 * DAY,
    );
    expect(value({ ...native, occurredAt: NOW - 3 * DAY }).occurredAt).toBe(NOW - 3 * DAY);
    expect(clockCorrection(NOW + 50, NOW)).toBe(0);
    expect(clockCorrection(NOW + 500, NOW)).toBe(-500);
    expect(clockCorrection(NOW - 5000, NOW)).toBe(5000);
  });

  it("the batch's time of sending goes before the event's own; a clock never set is corrected too", () => {
    expect(value({ ...native, sentAt: NOW - DAY }, { ...at, sentAt: NOW }).occurredAt).toBe(NOW - 1000);
    expect(value({ ...native, sentAt: NOW - DAY }).occurredAt).toBe(NOW - 1000 + DAY);
    expect(value({ ...native, occurredAt: 5000 }, { ...at, sentAt: 6000 }).occurredAt).toBe(NOW - 1000);
    expect(value({ ...native, sentAt: NOW }, { ...at, sentAt: Number.NaN }).sentAt).toBe(NOW);
  });

  it("an event without a time has that of its receipt", () => {
    expect(value({ ...native, occurredAt: undefined }, { ...at, sentAt: NOW - DAY }).occurredAt).toBe(NOW);
  });

  it.each(["2025-11-20", "2025-11-20T10:30Z", "2025-11-20T10:30:00.123456Z", "2025-11-20T10:30:00+05:30"])(
    "reads %s",
    (time) => {
      expect(value({ ...native, occurredAt: time }).occurredAt).toBe(Date.parse(time));
    },
  );

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1_763_640_000,
    8.64e15,
    9e15,
    NOW + 367 * DAY,
    true,
    "yesterday",
    "2025-11-20T10:30:00",
    "2025-02-30T10:30:00Z",
    "2025-13-01",
    "+275760-09-13T00:00:00Z",
    "2025-11-20T25:30:00Z",
  ])("refuses %s", (time) => {
    expect(paths({ ...native, occurredAt: time })).toContain("/occurredAt");
  });
});
