import { analyzeExperiment, type ExperimentInput, probabilityToBeBest } from "@attune/core/stats";
import { describe, expect, it } from "vitest";
import { routeOf, experimentLink } from "../use-route.js";
import { bestOverTime, firstSeen, type SeriesAnswer } from "./cumulated.js";
import { verdictOf } from "./decision-words.js";
import { lossOf, probability, share, signedShare, signedWithin } from "./figures.js";
import { domainOf } from "./interval-plot.js";
import { toldNotes } from "./note-words.js";
import { ratioState } from "./ratio-words.js";
import { type DefinedExperiment, listed } from "./types.js";

const input = (
  a: [n: number, sum: number],
  b: [n: number, sum: number],
  more: Partial<ExperimentInput> = {},
) => ({
  variants: [
    { name: "plain", weight: 0.5 },
    { name: "returns", weight: 0.5 },
  ],
  metrics: [
    {
      ...{ name: "ordered", role: "primary" as const },
      sums: {
        plain: { type: "proportion" as const, n: a[0], sum: a[1] },
        returns: { type: "proportion" as const, n: b[0], sum: b[1] },
      },
    },
  ],
  stages: { delivered: { plain: a[0], returns: b[0] } },
  days: 14,
  ...more,
});
const verdict = (...given: Parameters<typeof input>) => verdictOf(analyzeExperiment(input(...given)));

describe("whether the shares are right", () => {
  const stateAt = (a: number, b: number): string =>
    ratioState(analyzeExperiment(input([a, 0], [b, 0])).sampleRatio, [0.5, 0.5], a + b);

  it("is not said of visitors so few that no split of them would be an alarm", () => {
    expect([stateAt(1, 0), stateAt(5, 4), stateAt(6, 6)]).toEqual(["few", "few", "ok"]);
    expect([stateAt(0, 40), stateAt(500, 505)]).toEqual(["mismatch", "ok"]);
  });
});

describe("the decision in words", () => {
  it("names the winner, by how much and what to do", () => {
    const { headline, text, next, needs } = verdict([5000, 500], [5000, 700]);
    expect(headline).toBe("“returns” is better.");
    expect(text).toMatch(/It changes “ordered” by \+\d+(\.\d)?% \(most likely between \+\d.* and \+\d/);
    expect(next).toContain("Ship “returns”");
    expect(needs).toEqual([]);
  });

  it("says of harm what it harms, and of no difference what was cared about", () => {
    expect(verdict([5000, 700], [5000, 500]).headline).toBe("“returns” does harm.");
    expect(verdict([9_000_000, 4_500_000], [9_000_000, 4_500_000]).text).toContain("as much as 1%");
  });

  it("says what it would take to know more, with what there is", () => {
    expect(verdict([60, 6], [55, 8], { days: 2.5 }).needs).toEqual([
      "At least 100 visitors in each variant: the smallest has 55.",
      "At least 7 days: it has run for 2 days.",
    ]);
    const unclear = verdict([3000, 300], [3000, 330]);
    expect(unclear.headline).toBe("Not clear yet.");
    expect(unclear.needs[0]).toMatch(/^Roughly [\d,]+ visitors in each variant, if the difference stays/);
  });

  it("lets nothing win where visitors are missing unevenly, or where the input is at fault", () => {
    expect(verdict([5000, 500], [4000, 700]).headline).toMatch(/^Visitors are missing unevenly/);
    const report = analyzeExperiment(input([5000, 500], [5000, 6000]));
    expect(verdictOf(report).headline).toBe("These figures cannot be judged.");
    expect(verdictOf(report).text).toMatch(/^The sums of a metric cannot be\./);
    expect(toldNotes(report.notes)[0]).toMatchObject({
      severity: "fault",
      about: [expect.stringContaining("metric ordered")],
    });
  });

  it("says of an empty variant once where it is empty", () => {
    const { notes } = analyzeExperiment(input([0, 0], [50, 5]));
    const empty = toldNotes(notes).filter(({ code }) => code === "empty-arm");
    expect(empty).toHaveLength(1);
    expect(empty[0]?.about.length).toBe(notes.filter(({ code }) => code === "empty-arm").length);
  });
});

const row = (variant: string, values: readonly number[]) => ({
  tags: { experiment: "x", variant },
  windows: values.map((value, hour) => ({ at: new Date(hour * 3_600_000).toISOString(), value })),
});

describe("the probability to be best over time", () => {
  const answer: SeriesAnswer = {
    figures: {
      exposures: { rows: [row("a", [0, 100, 100]), row("b", [0, 100, 100])] },
      conversions: { rows: [row("a", [0, 10, 10]), row("b", [0, 12, 20])] },
    },
  };

  it("is that of the counts added up until then", () => {
    const points = bestOverTime(answer, ["a", "b"]);
    expect(points.map(({ at }) => at)).toEqual([3_600_000, 7_200_000]);
    const { best } = probabilityToBeBest([
      { successes: 20, trials: 200 },
      { successes: 32, trials: 200 },
    ]);
    expect(points[1]?.best).toEqual({ a: best[0], b: best[1] });
    expect(firstSeen(answer)).toBe(3_600_000);
  });

  it("leaves out what cannot be, and is empty where nothing is kept", () => {
    const odd = { figures: { ...answer.figures, conversions: { rows: [row("a", [0, 300])] } } };
    expect(bestOverTime(odd, ["a", "b"])).toEqual([]);
    expect(bestOverTime({ figures: { exposures: null, conversions: null } }, ["a", "b"])).toEqual([]);
    expect(firstSeen({ figures: { exposures: null, conversions: null } })).toBeNull();
  });

  it("has 120 points at most, the last among them", () => {
    const many = Array.from({ length: 1000 }, () => 1);
    const rows = [row("a", many), row("b", many)];
    const points = bestOverTime({ figures: { exposures: { rows }, conversions: { rows: [] } } }, ["a", "b"]);
    expect(points.length).toBeLessThanOrEqual(120);
    expect(points.at(-1)?.at).toBe(999 * 3_600_000);
  });
});

describe("the pages' addresses and lists", () => {
  it("lead to an experiment whatever its name, and back", () => {
    for (const id of ["cta", "a/b", "100 %", "ä"]) {
      expect(routeOf(experimentLink(id))).toEqual({ page: "experiment", id });
    }
    expect(routeOf("#/experiments")).toEqual({ page: "experiments" });
    expect(routeOf("#/experiments/%E0%A4%A")).toEqual({ page: "experiments" });
    expect(routeOf("")).toEqual({ page: "live" });
  });

  it("have running experiments first, and those of the ruleset that nobody defined", () => {
    const one = (id: string, status: DefinedExperiment["status"]): DefinedExperiment => ({
      ...{ id, name: id, slot: "s", status, run: 1, startedAt: null, stoppedAt: null, shipped: null },
    });
    const ruleset = {
      experiments: { b: {}, measured: {} },
      slots: {
        s: { policy: { type: "split", experiment: "b" } },
        t: { policy: { type: "rules", rules: [{ policy: { type: "split", experiment: "inner" } }, {}] } },
      },
    };
    expect(listed([one("a", "stopped"), one("b", "running")], ruleset).map(({ id }) => id)).toEqual([
      "b",
      "a",
      "measured",
      "inner",
    ]);
    expect(listed([], null)).toEqual([]);
  });
});

describe("figures", () => {
  it("are never said to be certain, and keep digits that tell something", () => {
    expect([probability(1), probability(0), probability(0.5)]).toEqual(["> 99.9%", "< 0.1%", "50.0%"]);
    expect([share(0.1234), share(0.00123), signedShare(-0.05), signedShare(0)]).toEqual([
      "12.3%",
      "0.12%",
      "−5%",
      "0%",
    ]);
    expect([lossOf({ method: "beta" }, 0.0012), lossOf({ method: "student" }, 0.5)]).toEqual([
      "0.12 pp",
      "0.5",
    ]);
  });

  it("of differences are as exact as their interval makes it worth", () => {
    expect([signedWithin(-0.0000478, 0.2), signedWithin(0.1037, 0.2), signedWithin(-12.345, 40)]).toEqual([
      "0",
      "+0.104",
      "−12.3",
    ]);
  });

  it("are drawn on one scale that holds 0", () => {
    const { from, to } = domainOf([{ lower: 0.1, upper: 0.3 }, null]);
    expect(from).toBeLessThan(0);
    expect(to).toBeGreaterThan(0.3);
  });
});
