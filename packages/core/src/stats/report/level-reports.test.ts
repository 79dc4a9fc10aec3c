import { describe, expect, it } from "vitest";
import { analyzeExperiment, type ExperimentInput, type MetricSums } from "../index.js";

const rate = (sum: number, n: number): MetricSums => ({ type: "proportion", n, sum });
const CELLS = { a: [0, 0], b: [1, 0], c: [2, 0], d: [0, 1], e: [1, 1], f: [2, 1] };
const DESIGN = {
  factors: ["picture", "button"],
  levels: [
    ["none", "old", "new"],
    ["red", "green"],
  ],
  cells: CELLS,
};
const input = (factorial: ExperimentInput["factorial"]): ExperimentInput => ({
  variants: Object.keys(CELLS).map((name) => ({ name, weight: 1 / 6 })),
  days: 14,
  metrics: [
    {
      name: "signup",
      role: "primary",
      sums: Object.fromEntries(
        Object.entries(CELLS).map(([name, [picture = 0, button = 0]]) => [
          name,
          rate(100 + 20 * picture + 10 * button, 1000),
        ]),
      ),
    },
  ],
  ...(factorial && { factorial }),
});

describe("factors with more than two levels", () => {
  it("are compared level by level with the first", () => {
    const [report] = analyzeExperiment(input(DESIGN)).factorial;
    expect(report?.effects.map(({ factors, level, effect }) => [factors[0], level?.name, effect])).toEqual([
      ["picture", "old", expect.closeTo(0.02, 12)],
      ["picture", "new", expect.closeTo(0.04, 12)],
      ["button", "green", expect.closeTo(0.01, 12)],
    ]);
  });

  it("say of two levels what the contrasts of such a design say", () => {
    const two = { a: [-1, -1], b: [1, -1], c: [-1, 1], d: [1, 1] };
    const sums = { a: rate(100, 1000), b: rate(150, 900), c: rate(90, 800), d: rate(190, 1100) };
    const both = {
      variants: Object.keys(two).map((name) => ({ name, weight: 0.25 })),
      metrics: [{ name: "signup", role: "primary" as const, sums }],
    };
    const factors = ["colour", "text"];
    const contrasts = analyzeExperiment({ ...both, factorial: { factors, cells: two } }).factorial[0]
      ?.effects;
    const levels = analyzeExperiment({
      ...both,
      factorial: {
        factors,
        levels: [
          ["red", "blue"],
          ["short", "long"],
        ],
        cells: { a: [0, 0], b: [1, 0], c: [0, 1], d: [1, 1] },
      },
    }).factorial[0]?.effects;
    for (const i of [0, 1]) {
      expect(levels?.[i]?.effect).toBeCloseTo(contrasts?.[i]?.effect as number, 12);
      expect(levels?.[i]?.se).toBeCloseTo(contrasts?.[i]?.se as number, 12);
      expect(levels?.[i]?.p).toBeCloseTo(contrasts?.[i]?.p as number, 12);
    }
  });

  it.each([
    { ...DESIGN, cells: { ...CELLS, f: [2, 2] } },
    { ...DESIGN, cells: { ...CELLS, f: [2, 0] } },
    { ...DESIGN, levels: [["none", "old", "new"]] },
    { ...DESIGN, levels: [...DESIGN.levels.slice(0, 1), ["red", "green", "blue"]] },
  ])("are left out with a note where the design is none (%#)", (factorial) => {
    const { factorial: found, notes, decision } = analyzeExperiment(input(factorial));
    expect(found).toEqual([]);
    expect(notes).toContainEqual(
      expect.objectContaining({
        code: "factorial-unusable",
        message: expect.stringMatching(/^(Give|Say|The combination)/),
      }),
    );
    expect(decision.state).not.toBe("invalid");
  });
});

describe("visitors who saw two variants", () => {
  const crossed = (units: number, of: number) =>
    analyzeExperiment({ ...input(undefined), crossed: { units, of } });

  it("are told of where they are more than one in twenty", () => {
    expect(crossed(300, 6000).notes.map(({ code }) => code)).not.toContain("crossed-visitors");
    expect(crossed(301, 6000).notes).toContainEqual({
      ...{ code: "crossed-visitors", severity: "warning" },
      facts: { units: 301, of: 6000, share: 301 / 6000 },
    });
    expect(() => crossed(7, 6)).toThrow(expect.objectContaining({ code: "ATTUNE_STATS_INPUT" }));
  });

  it("are not while there are hardly any visitors", () => {
    const few = input(undefined);
    const sums = Object.fromEntries(Object.keys(CELLS).map((name) => [name, rate(1, 5)]));
    const report = analyzeExperiment({
      ...few,
      metrics: [{ name: "signup", role: "primary", sums }],
      crossed: { units: 10, of: 30 },
    });
    expect(report.notes.map(({ code }) => code)).not.toContain("crossed-visitors");
  });
});

describe("a prior of a rate", () => {
  it("moves what is believed and stands in the report, and leaves what is credible", () => {
    const metrics = input(undefined).metrics.map((metric) => ({
      ...metric,
      priors: { proportion: { alpha: 300, beta: 2700 } },
    }));
    const [plain, given] = [
      analyzeExperiment(input(undefined)),
      analyzeExperiment({ ...input(undefined), metrics }),
    ];
    expect(plain.metrics[0]).not.toHaveProperty("prior");
    expect(given.metrics[0]?.prior).toEqual({ alpha: 300, beta: 2700 });
    const [before, after] = [plain, given].map(({ metrics: [metric] }) => metric?.comparisons[1]);
    expect(after?.probabilityToBeat).toBeLessThan(before?.probabilityToBeat as number);
    expect(after?.alwaysValid).toEqual(before?.alwaysValid);
  });
});
