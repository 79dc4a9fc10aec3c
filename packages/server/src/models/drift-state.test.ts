import { seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { driftOf, LOOKS_A_DAY } from "./drift-state.js";
import { createLiveRows } from "./live-rows.js";

const VERSION = { version: "v", inputs: ["a", "b"] };
function rows(n: number, seed: number, shift = 0): Float64Array {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Float64Array.from({ length: 2 * n }, (_, i) => normal() + (i % 2 === 0 ? shift : 0));
}
function live(data: Float64Array) {
  const held = createLiveRows(2);
  for (let at = 0; at < data.length; at += 20) held.add(data.subarray(at, at + 20));
  return held;
}

describe("live rows", () => {
  it("are the latest, as many as the window holds", () => {
    const held = createLiveRows(1, 3);
    held.add(Float64Array.of(1, 2));
    expect([...held.rows()]).toEqual([1, 2]);
    held.add(Float64Array.of(3, 4));
    expect([...held.rows()].sort()).toEqual([2, 3, 4]);
    expect(held.seen()).toBe(4);
  });
});

describe("driftOf", () => {
  const reference = rows(2000, 1);

  it("finds a shift of 0.5 σ within 2,000 rows, by its feature, and nothing where nothing moved (T31)", () => {
    for (let day = 0; day < 20; day++) {
      const shifted = driftOf(VERSION, { reference, live: live(rows(2000, 100 + day, 0.5)), now: 5 });
      expect(shifted).toMatchObject({ version: "v", at: 5, rows: 2000, shifted: ["a"], reason: null });
      expect(driftOf(VERSION, { reference, live: live(rows(1000, 200 + day)), now: 5 }).shifted).toEqual([]);
    }
    expect(LOOKS_A_DAY).toBe(24);
  });

  it("says what it cannot tell", () => {
    const many = live(rows(1000, 2));
    const nothing = { features: null, shifted: [] };
    expect(driftOf(VERSION, { reference: null, live: many, now: 5 })).toMatchObject({
      ...{ ...nothing, reason: "no-reference" },
    });
    for (const few of [null, live(rows(990, 2))])
      expect(driftOf(VERSION, { reference, live: few, now: 5 })).toMatchObject({
        ...{ ...nothing, reason: "too-few-rows" },
      });
  });
});
