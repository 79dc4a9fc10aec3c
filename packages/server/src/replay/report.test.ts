import { describe, expect, it } from "vitest";
import { createTally } from "./report.js";

describe("a replay's rejections", () => {
  it("add up to what was rejected, however many reasons there are", () => {
    const tally = createTally();
    for (let row = 1; row <= 250; row++) tally.fault(row, `CODE_${row % 125}`);
    const memory = { bytes: 0, kind: "anonymous" } as const;
    const rest = {
      rows: 250,
      endedEarly: null,
      elapsedMs: 1,
      memory,
      before: null,
      after: null,
      cache: null,
    };
    const { rejected, rejections, balanced } = tally.report(rest);
    expect({ rejected, balanced, told: rejections.length }).toEqual({
      rejected: 250,
      balanced: true,
      told: 101,
    });
    expect(rejections.reduce((sum, { count }) => sum + count, 0)).toBe(250);
    expect(rejections.at(-1)).toMatchObject({ code: "others", count: 50, rows: [101, 102, 103, 104, 105] });
  });
});
