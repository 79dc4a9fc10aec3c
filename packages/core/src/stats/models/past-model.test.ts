import { describe, expect, it } from "vitest";
import { lookingBack, randomOf } from "../../../../../scripts/prove/simulated-experiments.mjs";
import { analyzeExperiment, type CountSums, cuped, metricEvidence, type RevenueSums } from "../index.js";
import { addSums } from "./add-sums.js";
import { modelOf } from "./model-of.js";
import { asPairs, type WithPast } from "./past-model.js";

/** Revenue of so many visitors of whom the share `returning` bought before. */
function drawn(seed: number, units: number, { returning = 0.2, lift = 0 } = {}): RevenueSums & WithPast {
  const kind = lookingBack(0.03, 0.7, returning);
  const sums = kind.empty();
  kind.add(sums, randomOf(seed), units, lift);
  return sums as unknown as RevenueSums & WithPast;
}

const without = ({ before: _, ...sums }: WithPast): RevenueSums => sums as RevenueSums;

describe("sums with what was before", () => {
  it("are taken for pairs, with one θ for all arms, and hold their own number of events", () => {
    const [a, b] = [drawn(1, 4000), drawn(2, 4000, { lift: 0.4 })];
    const model = modelOf([a, b]);
    expect(model).toMatchObject({ method: "cuped", reason: "known-before" });
    const { control, treatment } = cuped(asPairs(a), asPairs(b));
    const contrast = model.contrast(0, 1);
    expect(contrast.treatment.mean - contrast.control.mean).toBeCloseTo(treatment.mean - control.mean, 9);
    expect(contrast.control.variance).toBeCloseTo(control.variance, 6);
    expect(contrast.events).toBe(a.buyers + b.buyers);
    expect(model.seen).toEqual([a, b].map(({ n, sum }) => ({ units: n, value: sum / n })));
    expect(metricEvidence({ metric: "spent" }, a, b).contrast.events).toBe(a.buyers + b.buyers);
  });

  it("are believed as without, while it is of fewer than a hundred, does not vary, or leaves nothing that does", () => {
    const few = [drawn(1, 200), drawn(2, 200)];
    const plain = modelOf(few.map(without));
    const kept = modelOf(few);
    expect(kept.method).toBe("beta-gamma");
    expect(kept.compare(0, 1)).toEqual(plain.compare(0, 1));
    // Many of whom one spent a fortune are few.
    const rich = [drawn(1, 4000), drawn(2, 4000)].map((arm, i) => {
      const fortune = i === 0 ? 1e6 : 0;
      const { sum, sumSquares, sumProducts } = arm.before;
      return { ...arm, before: { sum: sum + fortune, sumSquares: sumSquares + fortune ** 2, sumProducts } };
    });
    expect(modelOf(rich).method).toBe("beta-gamma");
    const same: CountSums = { type: "count", n: 500, events: 250, sumSquares: 250 };
    const constant = { sum: 500, sumSquares: 500, sumProducts: 250 };
    expect(modelOf([same, same].map((arm) => ({ ...arm, before: constant }))).varianceReduction).toBeCloseTo(
      0,
      9,
    );
    const nothing = { ...without(drawn(3, 4000)), buyers: 0, sum: 0, sumSquares: 0 };
    const nobody = { ...nothing, before: { ...drawn(3, 4000).before, sumProducts: 0 } };
    expect(modelOf([nobody, drawn(4, 4000)]).method).toBe("beta-gamma");
    const whole = { type: "count" as const, n: 400, events: 200, sumSquares: 200 };
    const exact = { ...whole, before: { sum: 200, sumSquares: 200, sumProducts: 200 } };
    expect(modelOf([exact, exact]).method).toBe("gamma-poisson");
  });

  it("are refused where they cannot be, by their place", () => {
    const good = drawn(5, 1000);
    const count: CountSums = { type: "count", n: 10, events: 5, sumSquares: 7 };
    const past = { sum: 3, sumSquares: 3, sumProducts: 2 };
    for (const [arms, path] of [
      [[good, without(good)], "/arms/1/before"],
      [[{ ...good, before: { ...good.before, sum: Number.NaN } }], "/arms/0/before/sum"],
      [[{ ...good, before: { ...good.before, sumSquares: 1 } }], "/arms/0/before/sumSquares"],
      [[{ ...good, before: { ...good.before, sumProducts: Number.NaN } }], "/arms/0/before/sumProducts"],
      [[{ ...count, exposure: 20, before: past }], "/arms/0/before"],
      [[{ type: "count", n: 10, events: 5, before: past }], "/arms/0/before"],
    ] as const)
      expect(() => modelOf(arms as never), path).toThrow(
        expect.objectContaining({ code: "ATTUNE_STATS_INPUT", path }),
      );
  });

  it("add up, each of them, and each unit stays one", () => {
    const [a, b] = [drawn(6, 300), drawn(7, 500)];
    expect(addSums([a, b])).toEqual({
      ...{ type: "revenue", n: 800, buyers: a.buyers + b.buyers },
      ...{ sum: a.sum + b.sum, sumSquares: a.sumSquares + b.sumSquares },
      before: {
        sum: a.before.sum + b.before.sum,
        sumSquares: a.before.sumSquares + b.before.sumSquares,
        sumProducts: a.before.sumProducts + b.before.sumProducts,
      },
    });
    // Events that cluster in units are seen to do so in what was added up, too.
    const clustered: CountSums = { type: "count", n: 100, events: 100, sumSquares: 1000 };
    expect(addSums([clustered, clustered])).toEqual({ type: "count", n: 200, events: 200, sumSquares: 2000 });
    expect(modelOf([clustered, addSums([clustered, clustered])]).reason).toBe("events-cluster");
    const days = { ...clustered, exposure: 50 };
    expect(addSums([clustered, days])).toMatchObject({ exposure: 150 });
  });

  it("stand in a report with its groups and its holdout", () => {
    const sums = { a: drawn(8, 4000), b: drawn(9, 4000, { lift: 0.3 }) };
    const report = analyzeExperiment({
      variants: ["a", "b"].map((name) => ({ name, weight: 0.5 })),
      metrics: [{ name: "spent", role: "primary", sums }],
      dimensions: [{ name: "country", groups: [{ name: "de", metrics: { spent: sums } }] }],
      holdout: { metrics: { spent: drawn(10, 4000) } },
    });
    expect(report.metrics[0]).toMatchObject({ method: "cuped" });
    expect(report.metrics[0]?.varianceReduction).toBeGreaterThan(0.05);
    expect(report.dimensions[0]?.groups[0]?.difference.value).toBeCloseTo(
      report.metrics[0]?.comparisons[0]?.difference.median as number,
      6,
    );
    expect(report.holdout[0]?.units).toEqual({ holdout: 4000, experiment: 8000 });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("have no bias, and are as far off as they say", () => {
    const runs = 300;
    let [bias, squares, surer] = [0, 0, 0];
    for (let run = 0; run < runs; run++) {
      const [a, b] = [drawn(1000 + run, 2000), drawn(5000 + run, 2000)];
      const { control, treatment } = modelOf([a, b]).contrast(0, 1);
      const se = Math.sqrt(control.variance / control.n + treatment.variance / treatment.n);
      const z = (treatment.mean - control.mean) / se;
      bias += z / runs;
      squares += (z * z) / runs;
      const plain = modelOf([without(a), without(b)]).contrast(0, 1);
      surer += se < Math.sqrt((plain.control.variance + plain.treatment.variance) / 2000) ? 1 / runs : 0;
    }
    expect(Math.abs(bias)).toBeLessThan(3 / Math.sqrt(runs));
    expect(squares).toBeGreaterThan(0.75);
    expect(squares).toBeLessThan(1.25);
    expect(surer).toBeGreaterThan(0.95);
  });
});
