import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attribution,
  type AttributionOptions,
  type Journey,
  shapleyOfRates,
  shapleyValues,
} from "../index.js";

const journeys: fc.Arbitrary<Journey[]> = fc.array(
  fc.record({
    path: fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 5 }),
    conversions: fc.integer({ min: 0, max: 5 }),
    nulls: fc.integer({ min: 0, max: 5 }),
  }),
  { minLength: 1, maxLength: 8 },
);
const MODELS: AttributionOptions[] = [
  ...(["first", "last", "linear", "time-decay", "position", "markov", "shapley"] as const).map((model) => ({
    model,
  })),
  { model: "markov", order: 3 },
];
const creditOf = (list: readonly Journey[], options: AttributionOptions) =>
  Object.fromEntries(
    attribution(list, options).channels.map(({ channel, conversions }) => [channel, conversions]),
  );

/** Converts or not by walking the journeys' first-order chain, every visit to one channel ending in nothing. */
function walked(list: readonly Journey[], removed: string | null, walks: number): number {
  const steps = new Map<string, [string, number][]>();
  for (const { path, conversions, nulls = 0 } of list) {
    const states = ["(start)", ...path];
    const add = (from: string, to: string, weight: number) =>
      weight > 0 && steps.set(from, [...(steps.get(from) ?? []), [to, weight]]);
    states.slice(1).forEach((to, i) => add(states[i] as string, to, conversions + nulls));
    add(states.at(-1) as string, "(conversion)", conversions);
    add(states.at(-1) as string, "(null)", nulls);
  }
  const random = seededRandom(9);
  let converted = 0;
  for (let i = 0; i < walks; i++) {
    let at = "(start)";
    while (at !== "(conversion)" && at !== "(null)" && at !== removed) {
      const next = steps.get(at) as [string, number][];
      let left = random() * next.reduce((sum, [, weight]) => sum + weight, 0);
      at = (next.find(([, weight]) => (left -= weight) < 0) ?? (next.at(-1) as [string, number]))[0];
    }
    if (at === "(conversion)") converted++;
  }
  return converted / walks;
}

describe("attribution", () => {
  it("shares out all conversions by every model, loops and all, and none below 0", () => {
    fc.assert(
      fc.property(journeys, (list) => {
        const all = list.reduce((sum, { conversions }) => sum + conversions, 0);
        for (const options of MODELS) {
          const { channels, totalConversions, reason } = attribution(list, options);
          expect(totalConversions).toBe(all);
          expect(channels.reduce((sum, { conversions }) => sum + conversions, 0)).toBeCloseTo(all, 8);
          expect(channels.every(({ conversions }) => conversions >= 0)).toBe(true);
          expect(reason).toBe(all === 0 ? "no-conversions" : null);
          expect(channels.every(({ share }) => (share === null) === (all === 0))).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("has the chain convert as often as the journeys did", () => {
    fc.assert(
      fc.property(journeys, fc.integer({ min: 1, max: 4 }), (list, order) => {
        const all = list.reduce((sum, { conversions, nulls = 0 }) => sum + conversions + nulls, 0);
        const converted = list.reduce((sum, { conversions }) => sum + conversions, 0);
        const { baseConversionProbability } = attribution(list, { model: "markov", order });
        expect(baseConversionProbability).toBeCloseTo(all === 0 ? 0 : converted / all, 9);
      }),
      { numRuns: 40 },
    );
  });

  it("finds the removal effects that random walks come near to", () => {
    const list: Journey[] = [
      { path: ["a", "b", "a"], conversions: 5, nulls: 20 },
      { path: ["b", "b", "c"], conversions: 9, nulls: 12 },
      { path: ["c", "a"], conversions: 7, nulls: 10 },
    ];
    const { channels, baseConversionProbability } = attribution(list);
    for (const { channel, removalEffect } of channels) {
      const left = walked(list, channel, 40_000) / (baseConversionProbability as number);
      expect(Math.abs(1 - left - (removalEffect as number))).toBeLessThan(0.02);
    }
  });

  it("knows the conventions", () => {
    const list = [{ path: ["a", "b", "c", "b"], conversions: 10 }];
    expect(creditOf(list, { model: "first" })).toMatchObject({ a: 10, b: 0, c: 0 });
    expect(creditOf(list, { model: "last" })).toMatchObject({ a: 0, b: 10, c: 0 });
    expect(creditOf(list, { model: "linear" })).toEqual({ a: 2.5, b: 5, c: 2.5 });
    const ends = creditOf(list, { model: "position" });
    expect([ends["a"], ends["b"], ends["c"]].map((value) => Number(value?.toFixed(9)))).toEqual([4, 5, 1]);
    const decay = creditOf(list, { model: "time-decay" });
    expect(decay["a"]).toBeCloseTo((10 * 1) / 15, 12);
    expect(decay["b"]).toBeCloseTo((10 * 10) / 15, 12);
    const timed = [{ path: ["a", "b"], conversions: 3, times: [0, 1000] }];
    expect(creditOf(timed, { model: "time-decay", halfLife: 1000 })["b"]).toBeCloseTo(2, 12);
  });

  it("tells journeys of no touch apart", () => {
    const found = attribution([
      { path: [], conversions: 3, nulls: 1 },
      { path: ["a"], conversions: 1, nulls: 3 },
    ]);
    expect(found).toMatchObject({ totalConversions: 4, untouched: 3, baseConversionProbability: 0.5 });
    expect(found.channels).toEqual([{ channel: "a", conversions: 1, share: 1, removalEffect: 0.25 }]);
    expect(attribution([{ path: [], conversions: 0 }])).toMatchObject({
      channels: [],
      reason: "no-conversions",
    });
  });

  it("refuses what is no journey and no option", () => {
    const input = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_INPUT", path });
    expect(() => attribution([])).toThrow(input("/journeys"));
    expect(() => attribution([{ path: ["a"], conversions: NaN }])).toThrow(input("/journeys/0/conversions"));
    expect(() => attribution([{ path: ["a"], conversions: 1, nulls: -1 }])).toThrow(
      input("/journeys/0/nulls"),
    );
    expect(() => attribution([{ path: [""], conversions: 1 }])).toThrow(input("/journeys/0/path"));
    expect(() => attribution([{ path: ["a"], conversions: 1, times: [] }])).toThrow(
      input("/journeys/0/times"),
    );
    const one = [{ path: ["a"], conversions: 1 }];
    expect(() => attribution(one, { model: "markov", order: 0 })).toThrow(input("/options/order"));
    expect(() => attribution(one, { model: "position", ends: 0.6 })).toThrow(input("/options/ends"));
    expect(() => attribution(one, { model: "best" as "first" })).toThrow(input("/options/model"));
    const wide = Array.from({ length: 1300 }, (_, i) => ({ path: [`c${i}`], conversions: 1 }));
    const large = expect.objectContaining({ code: "ATTUNE_ML_ATTRIBUTION_TOO_LARGE" });
    expect(() => attribution(wide)).toThrow(large);
    expect(() => shapleyOfRates(wide)).toThrow(large);
  });
});

describe("Shapley values", () => {
  it("sum to what all are worth together, are equal for equals, and nothing for who adds nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 8, maxLength: 8 }), (worths) => {
        // The fourth player never changes anything.
        const worth = (coalition: readonly string[]) =>
          coalition.length === 0
            ? 0
            : (worths[
                coalition.reduce((set, player) => set | ({ a: 1, b: 2, c: 4 }[player] ?? 0), 0)
              ] as number) - (worths[0] as number);
        const values = shapleyValues(["a", "b", "c", "idle"], worth);
        expect([...values.values()].reduce((sum, value) => sum + value, 0)).toBeCloseTo(
          worth(["a", "b", "c"]),
          9,
        );
        expect(values.get("idle")).toBeCloseTo(0, 12);
      }),
    );
    expect(shapleyValues([], () => 0).size).toBe(0);
  });

  it("equal the closed form where a coalition is worth what it converts alone", () => {
    fc.assert(
      fc.property(journeys, (list) => {
        const credit = creditOf(list, { model: "shapley" });
        const exact = shapleyValues(Object.keys(credit), (coalition) =>
          list.reduce(
            (sum, { path, conversions }) =>
              sum + (path.every((one) => coalition.includes(one)) ? conversions : 0),
            0,
          ),
        );
        for (const [channel, value] of exact) expect(credit[channel]).toBeCloseTo(value, 9);
      }),
      { numRuns: 40 },
    );
  });
});
