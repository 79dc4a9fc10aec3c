import { describe, expect, it } from "vitest";
import { fractionalFactorialEffects } from "../stats/index.js";
import { aliasing, factorialCells } from "./factorial.js";

const two = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { low: 0, high: 1 }]));
const signs = (levels: Readonly<Record<string, string>>) =>
  Object.values(levels)
    .map((level) => (level === "high" ? "+" : "-"))
    .join("");

describe("the combinations of a design", () => {
  it("stand in standard order, the first factor alternating fastest", () => {
    expect(factorialCells({ factors: two("a", "b", "c") }).map(({ levels }) => signs(levels))).toEqual([
      "---",
      "+--",
      "-+-",
      "++-",
      "--+",
      "+-+",
      "-++",
      "+++",
    ]);
    const mixed = factorialCells({ factors: { x: { p: 1, q: 2, r: 3 }, y: { s: 4, t: 5 } } });
    expect(mixed.map(({ name }) => name)).toEqual([
      "x:p,y:s",
      "x:q,y:s",
      "x:r,y:s",
      "x:p,y:t",
      "x:q,y:t",
      "x:r,y:t",
    ]);
    expect(mixed[2]?.value).toEqual({ x: 3, y: 4 });
  });

  it("of a fraction are half as many for each generator, whose factor is the product", () => {
    const cells = factorialCells({ factors: two("a", "b", "c", "d"), generators: { d: ["a", "b", "c"] } });
    expect(cells.map(({ levels }) => signs(levels))).toEqual([
      "----",
      "+--+",
      "-+-+",
      "++--",
      "--++",
      "+-+-",
      "-++-",
      "++++",
    ]);
  });

  it("are refused where there are too many", () => {
    expect(() => factorialCells({ factors: two(..."abcdefghijk") })).toThrow(RangeError);
  });
});

describe("what a fraction cannot tell apart", () => {
  it("is nothing for a full design", () => {
    expect(aliasing({ factors: two("a", "b") })).toEqual({ resolution: null, words: [], aliases: [] });
  });

  it("follows from its defining relation: 2^(5-2) with d = ab, e = ac is of resolution III (Montgomery 2017, table 8.12)", () => {
    const { resolution, words, aliases } = aliasing({
      factors: two("a", "b", "c", "d", "e"),
      generators: { d: ["a", "b"], e: ["a", "c"] },
    });
    expect(resolution).toBe(3);
    expect(words.map((word) => word.join("")).sort()).toEqual(["abd", "ace", "bcde"]);
    const of = (effect: string) =>
      aliases
        .find((one) => one.effect.join("") === effect)
        ?.with.map((other) => other.join(""))
        .sort();
    expect(of("a")).toEqual(["bd", "ce"]);
    expect(of("bc")).toEqual(["de"]);
  });

  it("is what the analysis of the same runs says", () => {
    const factors = two("a", "b", "c", "d");
    const generators = { d: ["a", "b", "c"] };
    const found = fractionalFactorialEffects({ basic: 3, generators: [[0, 1, 2]] }, [1, 2, 3, 4, 5, 6, 7, 8]);
    const names = Object.keys(factors);
    for (const { effect, with: others } of aliasing({ factors, generators }).aliases) {
      const indexes = effect.map((name) => names.indexOf(name)).join();
      const group = found.find(({ factors: own, aliases }) =>
        [own, ...aliases].some((one) => one.join() === indexes),
      );
      const known = group ? [group.factors, ...group.aliases].map((one) => one.join()) : [];
      for (const other of others) expect(known).toContain(other.map((name) => names.indexOf(name)).join());
    }
  });

  it("has effects that are seen in its own cells: a main effect moves the mean of its aliases' contrast alone", () => {
    const cells = factorialCells({ factors: two("a", "b", "c", "d"), generators: { d: ["a", "b", "c"] } });
    const runs = cells.map(({ levels }) => (levels["d"] === "high" ? 3 : 1));
    const [effect] = fractionalFactorialEffects({ basic: 3, generators: [[0, 1, 2]] }, runs).filter(
      ({ effect: size }) => size !== 0,
    );
    expect(effect).toMatchObject({ factors: [3], effect: 2 });
  });
});
