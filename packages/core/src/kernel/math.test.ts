import { describe, expect, it } from "vitest";
import { decay } from "./math.js";

describe("decay", () => {
  it("agrees with the platform's power to 1e-15", () => {
    for (let i = 0; i <= 20_000; i++) {
      const elapsed = (300 * i) / 20_000;
      const want = Math.pow(2, -elapsed / 7);
      expect(Math.abs(decay(elapsed, 7) - want) / want).toBeLessThan(1e-15);
    }
  });

  it("is exact at its landmarks", () => {
    expect(decay(14, 14)).toBe(0.5);
    expect([decay(-5, 14), decay(0, 14), decay(Infinity, 14), decay(1e300, 1)]).toEqual([1, 1, 0, 0]);
  });
});
