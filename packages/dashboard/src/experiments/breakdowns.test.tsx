import { analyzeExperiment } from "@attune/core/stats";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Breakdowns } from "./breakdowns.js";
import { MetricPanel } from "./metric-panel.js";
import { Notes } from "./notes.js";
import { RatioPanel } from "./ratio-panel.js";

const rate = (n: number, sum: number) => ({ type: "proportion" as const, n, sum });
const CELLS = ["--", "+-", "-+", "++"];
const cells = <T,>(of: (i: number) => T): Record<string, T> =>
  Object.fromEntries(CELLS.map((name, i) => [name, of(i)]));

const report = analyzeExperiment({
  variants: CELLS.map((name) => ({ name, weight: 0.25 })),
  metrics: [{ name: "ordered", role: "primary", sums: cells((i) => rate(1000, 100 + 20 * i)) }],
  stages: { delivered: cells(() => 1000) },
  days: 14,
  factorial: {
    factors: ["picture", "button"],
    cells: { "--": [-1, -1], "+-": [1, -1], "-+": [-1, 1], "++": [1, 1] },
  },
  dimensions: [
    {
      name: "country",
      groups: ["DE", "FR"].map((name) => ({
        name,
        metrics: { ordered: cells((i) => rate(500, 50 + 10 * i)) },
      })),
    },
  ],
  holdout: { metrics: { ordered: rate(1000, 90) } },
});

describe("what only some reports have", () => {
  it("groups, factors with what they cannot be told from, and who was kept out", () => {
    const html = renderToStaticMarkup(<Breakdowns report={report} />);
    for (const text of [
      "By group: country",
      "no more than chance would have it",
      "picture × button",
      "Against those who were kept out",
      "from 4,000 visitors in the experiment and 1,000 kept out",
    ])
      expect(html).toContain(text);
    expect(html).not.toMatch(/NaN|undefined|null/);
  });

  it("levels of a factor that has more than two, each against the first", () => {
    const names = ["none", "old", "new"];
    const of = <T,>(make: (i: number) => T): Record<string, T> =>
      Object.fromEntries(names.map((name, i) => [name, make(i)]));
    const levels = analyzeExperiment({
      variants: names.map((name) => ({ name, weight: 1 / 3 })),
      metrics: [
        {
          name: "ordered",
          role: "primary",
          sums: of((i) => rate(1000, 100 + 30 * i)),
          priors: { proportion: { alpha: 3, beta: 60.5 } },
        },
      ],
      stages: { delivered: of(() => 1000) },
      crossed: { units: 300, of: 3000 },
      factorial: { factors: ["picture"], levels: [names], cells: of((i) => [i]) },
    });
    const html = renderToStaticMarkup(<Breakdowns report={levels} />);
    expect(html).toContain("picture: old against none");
    expect(html).toContain("picture: new against none");
    expect(html).toContain("+6 pp");
    const notes = renderToStaticMarkup(<Notes notes={levels.notes} />);
    expect(notes).toContain("How factors act together is not worked out.");
    expect(notes).toContain("More than one visitor in twenty saw more than one variant");
    const [metric] = levels.metrics;
    const panel = metric && renderToStaticMarkup(<MetricPanel metric={metric} level={0.95} />);
    expect(panel).toContain("believed beforehand: as if 3 had done it and 60.5 had not");
  });

  it("where visitors are missing unevenly: how many there should be, and what usually is behind it", () => {
    const missing = analyzeExperiment({
      variants: [
        { name: "a", weight: 0.5 },
        { name: "b", weight: 0.5 },
      ],
      metrics: [{ name: "m", role: "primary", sums: { a: rate(5000, 500), b: rate(4200, 500) } }],
      stages: { assigned: { a: 5010, b: 5000 }, delivered: { a: 5000, b: 4200 } },
      days: 14,
    });
    const html = renderToStaticMarkup(<RatioPanel report={missing} crossed={3} isAlone />);
    expect(html).toContain("How far visitors came");
    expect(html).toContain("4,200 (16.0% lost)");
    expect(html).toContain("No. The variants have not as many visitors");
    expect(html).toContain("the likeliest first");
    expect(html).toContain("3 visitors saw more than one variant.");
  });

  it("notes, faults first", () => {
    const odd = analyzeExperiment({
      variants: [
        { name: "a", weight: 0.5 },
        { name: "b", weight: 0.4 },
      ],
      metrics: [{ name: "m", role: "primary", sums: { a: rate(500, 50), b: rate(500, 60) } }],
    });
    const html = renderToStaticMarkup(<Notes notes={odd.notes} />);
    expect(html.indexOf("The shares of the variants do not sum to 1.")).toBeGreaterThan(0);
    expect(html.indexOf("fault")).toBeLessThan(html.indexOf("good to know"));
  });
});
