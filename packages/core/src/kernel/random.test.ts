import { describe, expect, it } from "vitest";
import { createSecureRandom, secureRandom } from "./random.js";

describe("platform randomness", () => {
  it.each([
    ["one by one", () => secureRandom],
    ["in blocks", createSecureRandom],
  ])("drawn %s lies in [0, 1), spreads evenly and does not repeat", (_, create) => {
    const random = create();
    const drawn = Array.from({ length: 2000 }, random);
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(1990);
    // Ten standard errors around the mean of an even spread.
    expect(Math.abs(drawn.reduce((sum, number) => sum + number, 0) / 2000 - 0.5)).toBeLessThan(0.065);
  });

  it("is another for each source", () => {
    const [one, other] = [createSecureRandom(), createSecureRandom()];
    expect(Array.from({ length: 4 }, one)).not.toEqual(Array.from({ length: 4 }, other));
  });
});
