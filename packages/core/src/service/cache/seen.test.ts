import { describe, expect, it } from "vitest";
import { createSeen } from "./seen.js";

describe("keys that came by", () => {
  it("are never missed, and of 100,000 others about one in a hundred is taken for one at most", () => {
    const seen = createSeen();
    for (let i = 0; i < 100_000; i++) seen.add(`default/v/k1-${i}`);
    let mistaken = 0;
    for (let i = 0; i < 100_000; i++) {
      expect(seen.has(`default/v/k1-${i}`)).toBe(true);
      if (seen.has(`default/v/k2-${i}`)) mistaken++;
    }
    expect(mistaken / 100_000).toBeLessThan(0.02);
  });
});
