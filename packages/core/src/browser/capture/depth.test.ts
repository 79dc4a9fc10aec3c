import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDepth } from "./depth.js";

describe("a depth", () => {
  it("is told at each further quarter and once more at the end, never twice and never less deep", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 2, noNaN: true })), (shares) => {
        const told: number[] = [];
        const depth = createDepth((share) => told.push(share));
        for (const share of shares) depth.reach(share);
        const steps = told.length;
        depth.settle();
        depth.settle();
        const deepest = Math.max(0, ...shares.map((share) => Math.min(1, share)));
        expect(told).toEqual([...told].sort((a, b) => a - b));
        expect(steps).toBeLessThanOrEqual(4);
        expect(told.length).toBeLessThanOrEqual(steps + 1);
        expect(told.at(-1) ?? 0).toBeCloseTo(deepest, 3);
      }),
    );
  });

  it("begins anew with a new page", () => {
    const told: number[] = [];
    const depth = createDepth((share) => told.push(share));
    depth.reach(0.8);
    depth.reset();
    depth.settle();
    depth.reach(0.3);
    expect(told).toEqual([0.8, 0.3]);
  });
});
