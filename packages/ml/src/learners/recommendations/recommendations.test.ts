import { describe, expect, it } from "vitest";
import { recommendations, recommendationsFrom, type RecommenderJson } from "../index.js";

const DAY = 86_400_000;
const taught = () => {
  const model = recommendations();
  for (let i = 0; i < 20; i++) model.learn(["tent", "stove", "lamp"], i * 1000);
  for (let i = 0; i < 40; i++) model.learn(["laptop", "cable"], i * 1000);
  model.learn(["tent", "cable"], 0);
  return model;
};

describe("recommendations", () => {
  it("are what was seen with what somebody saw, with reasons", () => {
    const [best] = taught().recommend(["tent"], DAY);
    expect(["lamp", "stove"]).toContain(best?.item);
    expect(best?.score).toBe(1);
    expect(best?.reasons[0]).toMatchObject({ code: "seen-with", item: "tent" });
  });

  it("fall back on what is popular, and say so", () => {
    const [best] = taught().recommend([], DAY);
    expect(best).toMatchObject({ item: "cable", reasons: [{ code: "popular" }] });
    expect(recommendations().recommend(["tent"], DAY)).toEqual([]);
  });

  it("order a slot's variants, unknown ones last", () => {
    const told = taught().recommend(["stove"], DAY, { candidates: ["new", "cable", "lamp"] });
    expect(told.map(({ item }) => item)).toEqual(["lamp", "cable", "new"]);
    expect(told[2]).toMatchObject({ score: 0, reasons: [] });
    expect(taught().recommend(["stove"], DAY, { exclude: ["lamp", "stove"] })[0]?.item).toBe("tent");
  });

  it("let what is recent count more, in whatever order it is learned", () => {
    const old = [
      ["tent", "old"],
      ["tent", "old"],
      ["tent", "new"],
    ] as const;
    const times = [0, 0, 200 * DAY];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
    ]) {
      const model = recommendations({ halfLife: 10 * DAY });
      for (const i of order) model.learn(old[i] as readonly string[], times[i] as number);
      expect(model.recommend(["tent"], 200 * DAY)[0]?.item).toBe("new");
    }
  });

  it("are numbers in [0, 1], however long ago something was last seen", () => {
    for (const halfLives of [100, 530, 540, 600, 1074, 1100, 3000]) {
      const model = recommendations({ halfLife: DAY });
      model.learn(["tent", "stove", "lamp"], 0);
      for (let at = 1; at <= halfLives; at += 150) model.learn(["laptop", "cable"], at * DAY);
      model.learn(["laptop", "cable"], halfLives * DAY);
      const told = model.recommend(["tent", "laptop"], halfLives * DAY);
      expect(told[0]).toMatchObject({ item: "cable", score: 1 });
      for (const { score, reasons } of told) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        for (const { share } of reasons) expect(Number.isFinite(share)).toBe(true);
      }
    }
  });

  it("stay within their bounds and come back from JSON", () => {
    const model = recommendations({ maxItems: 50, neighbours: 5 });
    for (let i = 0; i < 2000; i++) model.learn([`i${i % 10}`, `once-${i}`, `i${(i + 1) % 10}`], i * DAY);
    expect(model.items).toBeLessThanOrEqual(75);
    const json = JSON.parse(JSON.stringify(model)) as RecommenderJson;
    expect(Math.max(...json.items.map(([, , others]) => others.length))).toBeLessThanOrEqual(7);
    expect(recommendationsFrom(json).recommend(["i1"], 2000 * DAY)).toEqual(
      model.recommend(["i1"], 2000 * DAY),
    );
  });

  it("refuse what is no time, no item and no model", () => {
    const input = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_INPUT", path });
    expect(() => recommendations().learn(["a"], NaN)).toThrow(input("/at"));
    expect(() => recommendations().learn([""], 0)).toThrow(input("/items/0"));
    expect(() => recommendations({ window: 0 })).toThrow(input("/options/window"));
    expect(() => recommendationsFrom({} as RecommenderJson)).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_MODEL_FORMAT" }),
    );
  });
});
