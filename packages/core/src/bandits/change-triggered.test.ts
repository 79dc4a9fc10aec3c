import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../kernel/random.js";
import type { BetaShape } from "../stats/index.js";
import {
  type ArmBatch,
  type ChangeTriggeredOptions,
  changeTriggered,
  learnArms,
  newArms,
  updateArms,
  watchArms,
  type WatchedArms,
  watchedShapes,
} from "./index.js";

const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_BANDIT_INPUT", path });

function batch(random: () => number, rates: readonly number[], trials: number): ArmBatch[] {
  return rates.map((rate, arm) => {
    let successes = 0;
    for (let i = 0; i < trials; i++) if (random() < rate) successes++;
    return { arm, successes, trials };
  });
}
function after(
  batches: readonly (readonly ArmBatch[])[],
  count: number,
  options?: ChangeTriggeredOptions,
): WatchedArms {
  return batches.reduce((watched, one) => changeTriggered(watched, one, options), watchArms(count));
}

describe("changeTriggered", () => {
  it("while nothing changes, knows what plain counting knows", () => {
    const random = seededRandom(1);
    const batches = Array.from({ length: 200 }, () => batch(random, [0.1, 0.3], 20));
    const watched = after(batches, 2);
    expect(watched.changes).toEqual([]);
    expect(watchedShapes(watched)).toEqual(updateArms(newArms(2), batches.flat()));
    expect(Math.max(...watched.blocks.map((list) => list.length))).toBeLessThanOrEqual(64);
  });

  it("finds a change soon, says when it began, and forgets what is older of all arms", () => {
    const random = seededRandom(2);
    const batches = Array.from({ length: 80 }, (_, i) => batch(random, [i < 50 ? 0.3 : 0.1, 0.2], 20));
    const watched = after(batches, 2);
    const [change] = watched.changes;
    expect(watched.changes).toHaveLength(1);
    expect(change).toMatchObject({ arm: 0 });
    expect(Math.abs((change?.since as number) - 50)).toBeLessThanOrEqual(3);
    expect(change?.foundAt).toBeLessThan(65);
    expect(change?.before).toBeCloseTo(0.3, 1);
    const [first, second] = watchedShapes(watched) as [BetaShape, BetaShape];
    expect(first.alpha / (first.alpha + first.beta)).toBeLessThan(0.15);
    expect(second.alpha + second.beta).toBeLessThan(2 + 20 * 34);
  });

  it("forgets of that arm only, where asked to", () => {
    const random = seededRandom(2);
    const batches = Array.from({ length: 80 }, (_, i) => batch(random, [i < 50 ? 0.3 : 0.1, 0.2], 20));
    const watched = after(batches, 2, { forget: "arm" });
    const [first, second] = watchedShapes(watched) as [BetaShape, BetaShape];
    expect(first.alpha + first.beta).toBeLessThan(2 + 20 * 34);
    expect(second.alpha + second.beta).toBe(2 + 20 * 80);
  });

  it("is wrong about an arm that never changes no more often than it says", () => {
    let wrong = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const batches = Array.from({ length: 100 }, () => batch(random, [0.2], 20));
      if (after(batches, 1, { falseAlarm: 0.05 }).changes.length > 0) wrong++;
    }
    expect(wrong / 100).toBeLessThan(0.05);
  });

  it("loses no outcome and no order whatever comes, and its state is plain data", () => {
    const update = fc.array(
      fc
        .record({ arm: fc.nat(2), trials: fc.nat(30), share: fc.double({ min: 0, max: 1, noNaN: true }) })
        .map(({ arm, trials, share }) => ({ arm, trials, successes: Math.floor(share * trials) })),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(fc.array(update, { maxLength: 150 }), (updates) => {
        const watched = after(updates, 3, { falseAlarm: 1e-300 });
        expect(JSON.parse(JSON.stringify(watched))).toEqual(watched);
        if (watched.changes.length === 0)
          expect(watchedShapes(watched)).toEqual(updateArms(newArms(3), updates.flat()));
        for (const list of watched.blocks)
          for (let i = 1; i < list.length; i++)
            expect(list[i]?.since).toBeGreaterThan(list[i - 1]?.since as number);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses what cannot be", () => {
    expect(() => changeTriggered(watchArms(1), [], { falseAlarm: 0 })).toThrow(refused("/falseAlarm"));
    expect(() => changeTriggered(watchArms(1), [{ arm: 1, successes: 0, trials: 1 }])).toThrow(
      refused("/batches/0/arm"),
    );
  });
});

describe("memory", () => {
  const periods = [[{ arm: 0, successes: 3, trials: 10 }], [{ arm: 0, successes: 1, trials: 10 }]];
  const known = (memory: Parameters<typeof learnArms>[2]) => learnArms(1, periods, memory).arms[0];

  const prior = { alpha: 1, beta: 1 };

  it("counts all, less with each period, or the last ones", () => {
    expect(known({ memory: { type: "all" }, prior })).toEqual({ alpha: 5, beta: 17 });
    // Five of twenty-two succeed, the prior's own two included: a prior of one success and 3.4 failures.
    expect(known({})).toEqual({ alpha: 5, beta: 19.4 });
    expect(known({ memory: { type: "discounted", keep: 0.5 }, prior })).toEqual({ alpha: 3.5, beta: 13.5 });
    expect(known({ memory: { type: "sliding-window", periods: 1 }, prior })).toEqual({ alpha: 2, beta: 10 });
    expect(known({ memory: { type: "all" }, prior: { alpha: 2, beta: 8 } })).toEqual({ alpha: 6, beta: 24 });
    const high = [[{ arm: 0, successes: 9, trials: 10 }]];
    expect(learnArms(1, high).arms[0]).toEqual({ alpha: 9 + 5, beta: 1 + 1 });
    expect(() => known({ memory: { type: "sliding-window", periods: 0 } })).toThrow(
      refused("/memory/periods"),
    );
  });
});
