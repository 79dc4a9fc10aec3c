import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adwin, type AdwinState, pageHinkley } from "./index.js";

const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 400 });

/** Outcomes of a rate that changes once. */
function outcomes(count: number, rateAt: (i: number) => number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => (random() < rateAt(i) ? 1 : 0));
}

describe("ADWIN", () => {
  it("holds mean and variance of its window while nothing is dropped", () => {
    fc.assert(
      fc.property(values, (list) => {
        const detector = adwin({ clock: 1000 });
        for (const value of list) detector.add(value);
        const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
        const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length;
        expect(detector.width).toBe(list.length);
        expect(Math.abs((detector.mean as number) - mean)).toBeLessThan(1e-9 * 1e3);
        expect(Math.abs((detector.variance as number) - variance)).toBeLessThan(1e-9 * 1e6);
        const kept = detector.state.rows.flatMap(({ totals }) => totals).length;
        expect(kept).toBeLessThanOrEqual(6 * (1 + Math.log2(list.length)));
      }),
    );
  });

  it("finds a fall of a rate from 0.3 to 0.1, keeps what came after, and is quiet where nothing changes", () => {
    let found = 0;
    let early = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const detector = adwin();
      const alarms = outcomes(4000, (i) => (i < 2000 ? 0.3 : 0.1), seed).flatMap((value, i) =>
        detector.add(value) ? [i] : [],
      );
      if (alarms.some((i) => i >= 2000)) found++;
      early += alarms.filter((i) => i < 2000).length;
      expect(detector.width).toBeLessThan(3000);
    }
    expect(found).toBe(20);
    expect(early).toBeLessThanOrEqual(1);
  });

  it("goes on from what was stored", () => {
    const list = outcomes(3000, (i) => (i < 1500 ? 0.3 : 0.6), 4);
    const whole = adwin();
    const wholeAlarms = list.map((value) => whole.add(value));
    let state: AdwinState | undefined;
    const parts: boolean[] = [];
    for (let i = 0; i < list.length; i += 100) {
      const detector = adwin({}, state);
      for (const value of list.slice(i, i + 100)) parts.push(detector.add(value));
      state = JSON.parse(JSON.stringify(detector.state)) as AdwinState;
    }
    expect(parts).toEqual(wholeAlarms);
    expect(parts).toContain(true);
  });

  it("refuses what is no number, no option and no state, and is unchanged by it", () => {
    const detector = adwin();
    detector.add(1);
    expect(() => detector.add(NaN)).toThrow(expect.objectContaining({ code: "ATTUNE_ML_NOT_FINITE" }));
    expect([detector.width, detector.mean, adwin().mean, adwin().variance]).toEqual([1, 1, null, null]);
    const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_DETECTOR", path });
    expect(() => adwin({ delta: 0 })).toThrow(refused("/options/delta"));
    expect(() => adwin({ maxBuckets: 1 })).toThrow(refused("/options/maxBuckets"));
    expect(() => adwin({}, { rows: [], ticks: 0, drifted: false })).toThrow(refused("/state/rows"));
    expect(() => adwin({}, { rows: [{ totals: [NaN], spreads: [0] }], ticks: 0, drifted: false })).toThrow(
      refused("/state/rows"),
    );
  });
});

describe("Page–Hinkley", () => {
  it("finds a rise and not a fall, and begins anew", () => {
    const options = { threshold: 10, delta: 0.05 };
    const alarmsOf = (list: readonly number[]) => {
      const detector = pageHinkley(options);
      return list.flatMap((value, i) => (detector.add(value) ? [i] : []));
    };
    const steady = new Array<number>(200).fill(1);
    const [rise] = alarmsOf([...steady, ...new Array<number>(60).fill(2)]);
    expect(rise).toBeGreaterThan(205);
    expect(rise).toBeLessThan(220);
    expect(alarmsOf([...steady, ...new Array<number>(60).fill(0)])).toEqual([]);
    expect(alarmsOf(steady)).toEqual([]);
  });

  it("goes on from what was stored", () => {
    const first = pageHinkley();
    for (let i = 0; i < 50; i++) first.add(i);
    const second = pageHinkley({}, first.state);
    expect(second.add(50)).toBe(first.add(50));
    expect(second.state).toEqual(first.state);
  });

  it("refuses what is no number and no option", () => {
    expect(() => pageHinkley().add(Infinity)).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_NOT_FINITE" }),
    );
    const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_DETECTOR", path });
    expect(() => pageHinkley({ alpha: 0 })).toThrow(refused("/options/alpha"));
    expect(() => pageHinkley({ threshold: NaN })).toThrow(refused("/options/threshold"));
    expect(() => pageHinkley({}, { count: -1, mean: 0, sum: 0, drifted: false })).toThrow(
      refused("/state/count"),
    );
  });
});
