import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markovTransitions, nextAction, nextActionFrom, type NextActionJson } from "../index.js";

const JOURNEYS = [
  ["home", "list", "item", "cart", "buy"],
  ["home", "item", "list", "item", "exit"],
  ["search", "item", "cart", "buy"],
  ["search", "list", "item", "item", "cart", "buy"],
];
const taught = (options = {}) => {
  const model = nextAction(options);
  for (const journey of JOURNEYS) model.learn(journey);
  return model;
};
const actions = fc.array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 12 });
const blends = fc.constantFrom("learned" as const, "witten-bell" as const);

describe("next action", () => {
  it("knows what usually follows, and says how sure it is", () => {
    const [first, second] = taught().predict(["search", "item"]);
    expect(first?.action).toBe("cart");
    expect(first?.probability).toBeGreaterThan(second?.probability as number);
    expect(taught().predict([], { limit: 1 })[0]?.action).toMatch(/home|search/);
  });

  it("gives probabilities that sum to 1 over all actions, to at most 1 over those told, each the same by every way", () => {
    fc.assert(
      fc.property(
        fc.array(actions, { minLength: 1, maxLength: 8 }),
        actions,
        blends,
        (sequences, history, blend) => {
          const model = nextAction({ blend, order: 2 });
          for (const sequence of sequences) model.learn(sequence);
          const all = model.distribution(history);
          if (sequences.every(({ length }) => length === 0)) {
            expect(all).toEqual([]);
            return;
          }
          expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
          const told = model.predict(history, { limit: 3 });
          expect(told.reduce((sum, { probability }) => sum + probability, 0)).toBeLessThanOrEqual(1 + 1e-12);
          for (const { action, probability } of told) {
            expect(probability).toBeCloseTo(model.probability(history, action) as number, 12);
          }
          const best = Math.max(...all.map(({ probability }) => probability));
          expect(told[0]?.probability).toBeCloseTo(best, 12);
        },
      ),
    );
  });

  it("learns the same step by step as from whole sequences", () => {
    const whole = taught();
    const stepwise = nextAction();
    for (const journey of JOURNEYS) journey.forEach((next, i) => stepwise.observe(journey.slice(0, i), next));
    expect(stepwise.toJSON()).toEqual(whole.toJSON());
  });

  it("comes back from JSON as it was, and learns on alike", () => {
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 8 }), actions, blends, (sequences, history, blend) => {
        const model = nextAction({ blend, order: 2 });
        for (const sequence of sequences) model.learn(sequence);
        const back = nextActionFrom(JSON.parse(JSON.stringify(model)) as NextActionJson);
        for (const one of [model, back]) one.learn(["a", "b", "c"]);
        expect(back.distribution(history)).toEqual(model.distribution(history));
        expect(back.describe()).toEqual(model.describe());
      }),
    );
  });

  it("takes no harm from actions that it never saw, and from histories of any length", () => {
    const model = taught();
    expect(model.predict(["never", "item"], { limit: 1 })[0]?.action).toBe("cart");
    expect(model.predict(["never"], { limit: 1 })).toHaveLength(1);
    expect(model.probability(["home"], "never")).toBeNull();
    const long = Array.from({ length: 500 }, (_, i) => (i % 2 ? "list" : "item"));
    model.learn(long);
    expect(model.predict(long, { limit: 1 })[0]?.action).toBe("item");
  });

  it("says nothing where it knows nothing", () => {
    const model = nextAction();
    model.learn([]);
    expect(model.predict(["a"])).toEqual([]);
    expect(model.distribution(["a"])).toEqual([]);
    expect(model.probability([], "a")).toBeNull();
    expect(model.describe()).toMatchObject({ actions: 0, sequences: 0, transitions: 0 });
  });

  it("leaves out what is not wanted", () => {
    const told = taught().predict(["item"], { limit: 9, exclude: ["cart", "never"] });
    expect(told.map(({ action }) => action)).not.toContain("cart");
    expect(told.length).toBeGreaterThan(2);
  });

  it("stays within its bound, keeps what is frequent and forgets names with the rest", () => {
    const model = nextAction({ maxTransitions: 500 });
    for (let i = 0; i < 2000; i++)
      model.learn(i % 4 === 0 ? ["home", "list", "item"] : [`once-${i}`, `twice-${i}`]);
    const { transitions, actions: known, pruned } = model.describe();
    expect(transitions).toBeLessThanOrEqual(500);
    expect(known).toBeLessThan(200);
    expect(pruned).toBeGreaterThan(5);
    expect(model.predict(["home"], { limit: 1 })[0]?.action).toBe("list");
  });

  it("follows a change of habits where it forgets", () => {
    const by = (halfLife: number | null) => {
      const model = nextAction({ halfLife });
      for (let i = 0; i < 300; i++) model.learn(["home", i < 200 ? "old" : "new"]);
      return model.predict(["home"], { limit: 1 })[0]?.action;
    };
    expect([by(null), by(20)]).toEqual(["old", "new"]);
    const model = nextAction({ halfLife: 1 });
    for (let i = 0; i < 200; i++) model.learn(["home", "list"]);
    expect(model.distribution(["home"]).every(({ probability }) => Number.isFinite(probability))).toBe(true);
  });

  it("finds that what was done lately is done again, where that is so", () => {
    const model = nextAction({ order: 1 });
    const random = seededRandom(3);
    const drawn = () => `p${Math.floor(random() * 2000)}`;
    for (let i = 0; i < 400; i++) {
      const [a, b] = [drawn(), drawn()];
      model.learn([a, b, a, b, a]);
    }
    const { contexts } = model.describe();
    expect(contexts.at(-1)?.context.kind).toBe("recent");
    expect(contexts.at(-1)?.share).toBeGreaterThan(0.1);
  });

  it("refuses what is no action, no option and no model", () => {
    const input = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_INPUT", path });
    expect(() => nextAction().learn(["a", ""])).toThrow(input("/sequence/1"));
    expect(() => nextAction().learn(["a", null as unknown as string])).toThrow(input("/sequence/1"));
    expect(() => nextAction().observe([], NaN as unknown as string)).toThrow(input("/next/0"));
    expect(() => nextAction().predict(["a"], { limit: 0 })).toThrow(input("/options/limit"));
    expect(() => nextAction({ order: 9 })).toThrow(input("/options/order"));
    expect(() => nextAction({ halfLife: 0 })).toThrow(input("/options/halfLife"));
    expect(() => nextAction({ maxTransitions: NaN })).toThrow(input("/options/maxTransitions"));
    const json = taught().toJSON();
    const format = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_MODEL_FORMAT", path });
    for (const [part, path] of [
      [{ version: 2 }, ""],
      [{ options: null }, "/options"],
      [{ sequences: -1 }, "/sequences"],
      [
        {
          actions: [
            ["a", 0],
            ["b", 0],
          ],
        },
        "/actions/1",
      ],
      [{ contexts: [[0, 1, 99, 1]] }, "/contexts/0"],
      [{ contexts: [[0, 1, 0, NaN]] }, "/contexts/0"],
      [{ contexts: [[77, 1, 0, 1]] }, "/contexts"],
      [{ blend: { ...json.blend, logits: [1] } }, "/contexts"],
      [{ blend: null }, "/blend/logits"],
    ] as const) {
      expect(() => nextActionFrom({ ...json, ...part } as NextActionJson)).toThrow(format(path));
    }
    expect(() => nextActionFrom(null as unknown as NextActionJson)).toThrow(format(""));
  });
});

describe("first-order transitions", () => {
  it("sum to 1, smoothed or not, and are unknown where nothing ever followed", () => {
    for (const smoothing of [0, 0.5]) {
      const { probabilities } = markovTransitions(JOURNEYS, "item", { smoothing });
      expect(probabilities?.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    }
    expect(markovTransitions(JOURNEYS, "buy").probabilities).toBeNull();
    expect(() => markovTransitions([[]], "a")).toThrow(expect.objectContaining({ code: "ATTUNE_ML_INPUT" }));
  });
});
