import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ComparisonReport, MetricReport } from "@attune/core/stats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileAnalysis } from "../analyze/analyze-file.js";
import type { AnalysisMapping } from "../analyze/mapping.js";
import { main } from "./main.js";
import type { Terminal } from "./terminal.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "attune-analyze-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const lines: Record<"out" | "err", string[]> = { out: [], err: [] };
  const plain = (text: string): string => text;
  const terminal: Terminal = {
    out: (line) => void lines.out.push(line),
    err: (line) => void lines.err.push(line),
    status: () => {},
    bold: plain,
    dim: plain,
  };
  const code = await main(["analyze", ...args], terminal);
  return { code, out: lines.out.join("\n"), err: lines.err.join("\n") };
}

async function analysisOf(...args: string[]): Promise<FileAnalysis> {
  const { out, err } = await run(...args, "--json");
  expect(err).toBe("");
  return JSON.parse(out) as FileAnalysis;
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(dir, name), content);
  return join(dir, name);
}
const mappingFile = (name: string, mapping: AnalysisMapping) => file(name, JSON.stringify(mapping));

const metricOf = ({ report }: FileAnalysis, name: string): MetricReport =>
  report.metrics.find((metric) => metric.name === name) as MetricReport;
const against = (metric: MetricReport, variant: string): ComparisonReport =>
  metric.comparisons.find((comparison) => comparison.variant === variant) as ComparisonReport;

/** Of each variant, so many users of whom so many bought, for 10 and 20 in turn. */
function users(variants: Readonly<Record<string, readonly [users: number, buyers: number]>>): string[] {
  return Object.entries(variants).flatMap(([variant, [all, buyers]]) =>
    Array.from({ length: all }, (_, i) => {
      const bought = i < buyers;
      return `${variant}-${i},${variant},${bought ? "yes" : "no"},${bought ? 10 + 10 * (i % 2) : 0}`;
    }),
  );
}
const HEADER = "user,group,bought,spent";
const FLAGS = ["--variant", "group", "--metric", "bought", "--metric", "spent:revenue"];

describe("attune analyze", () => {
  it("says in plain words what to do and why", async () => {
    const name = await file(
      "shop.csv",
      [HEADER, ...users({ control: [4000, 200], new: [4000, 320] })].join("\n"),
    );
    const { code, out } = await run(name, ...FLAGS, "--user", "user", "--days", "14");
    expect(code).toBe(0);
    expect(out).toContain("new wins: it is better on bought (5 % → 8 %, +60 %)");
    expect(out).toContain("8,000 rows, 8,000 users that take part");
    expect(out).toContain("no user is there twice");
    expect(out).toMatch(/The split is as it should be/);
    expect(out).toMatch(/credibly better, however often it was looked at/);
    expect(out).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  it("finds users who are there twice, and users in two variants, and counts nobody twice", async () => {
    const rows = users({ control: [1000, 50], new: [1000, 80] });
    const again = [
      rows[3],
      rows[4],
      rows[4],
      "control-7,control,no,0",
      "new-5,control,yes,10",
      ",new,yes,10",
    ];
    const name = await file("twice.csv", [HEADER, ...rows, ...again].join("\n"));
    const { file: found, report } = await analysisOf(name, ...FLAGS, "--user", "user");
    expect(found).toMatchObject({ rows: 2006, units: 1999, withoutUser: { count: 1, rows: [2006] } });
    expect(found.repeated).toEqual({
      ...{ users: 3, rows: 4, same: 3, inTwoVariants: 1 },
      ...{ examples: [2001, 2002, 2003, 2004], examplesInTwo: [2005] },
    });
    expect(report.variants.map(({ units }) => units.assigned)).toEqual([1000, 999]);
    const { out } = await run(name, ...FLAGS, "--user", "user");
    expect(out).toMatch(
      /DUPLICATES: 3 users have several rows in one variant, 4 beyond the first, of which 3 say the same/,
    );
    expect(out).toMatch(/IN TWO VARIANTS: 1 users were in more than one variant and are left out/);
    const mapping = await mappingFile("sum.json", {
      ...{ variant: "group", user: "user", duplicates: "sum" },
      metrics: {
        spent: { column: "spent", type: "revenue" },
        bought: { column: "bought", type: "proportion" },
      },
    });
    const summed = await analysisOf(name, "--mapping", mapping);
    expect(metricOf(summed, "bought").variants[0]?.value).toBe(50 / 1000);
    // User 3 twice and user 4 three times, for 20 and 10.
    expect(metricOf(summed, "spent").variants[0]?.value).toBeCloseTo((50 * 15 + 20 + 2 * 10) / 1000, 12);
  });

  it("names a sample ratio mismatch and does not let anything win", async () => {
    const name = await file(
      "srm.csv",
      [HEADER, ...users({ control: [4000, 200], new: [3500, 320] })].join("\n"),
    );
    const { code, out } = await run(name, ...FLAGS, "--days", "14");
    expect(code).toBe(0);
    expect(out).toMatch(/^Decision\n {2}Do not decide by this experiment/);
    expect(out).toContain("SAMPLE RATIO MISMATCH");
    const uneven = await analysisOf(name, ...FLAGS, "--weights", "control=40,new=35", "--days", "14");
    expect(uneven.report).toMatchObject({ decision: { state: "winner" }, sampleRatio: { p: 1 } });
  });

  it("names outliers, removes none, and says what capping them would change", async () => {
    const rows = users({ control: [2000, 100], new: [2000, 110] });
    rows[0] = "control-0,control,yes,90000";
    const name = await file("far.csv", [HEADER, ...rows].join("\n"));
    const analysis = await analysisOf(name, ...FLAGS);
    expect(analysis.outliers).toMatchObject([
      {
        metric: "spent",
        count: 1,
        cap: { low: null, high: 20 },
        values: [{ value: 90_000, row: 1, variant: "control" }],
      },
    ]);
    const spent = metricOf(analysis, "spent");
    expect(spent.variants[0]?.value).toBeGreaterThan(45);
    expect(analysis.outliers[0]?.capped[0]?.uplift?.value).toBeCloseTo(110 / 100 - 1, 1);
    expect((await run(name, ...FLAGS)).out).toMatch(
      /Outliers: one value moves the result by itself: 90,000 \(row 1, control\)/,
    );
    const mapping = await mappingFile("cap.json", {
      variant: "group",
      metrics: { spent: { column: "spent", type: "revenue", winsorise: 0.999 } },
    });
    const capped = metricOf(await analysisOf(name, "--mapping", mapping), "spent");
    expect(capped.winsorised).toEqual({ at: 20, units: 1 });
    expect(capped.variants[0]?.value).toBeLessThan(1);
  });

  it("reads what people write: a byte order mark, semicolons, quotes, decimal commas, gaps, yes and no, .gz", async () => {
    const text = [
      '\ufeffid;group ;"did; it";amount;when',
      "1;a;TRUE;1,5;2024-05-01",
      '2;"b";ja;2,5;2024-05-03',
      "3;a;0;;2024-05-02",
      '4;b;"Yes";"1.000,25";2024-05-14',
      "5;;yes;1;2024-05-01",
      "6;a;f;NA;2024-05-01",
      "7;b;1;$ 3;2024-05-01",
    ].join("\r\n");
    const name = await file("people.csv.gz", gzipSync(text));
    const mapping = await mappingFile("people.json", {
      ...{ variant: "group", user: "id", time: "when" },
      metrics: { did: { column: "did; it", type: "proportion" }, amount: { column: "amount" } },
    });
    const { file: found, report } = await analysisOf(name, "--mapping", mapping);
    expect(found).toMatchObject({
      ...{ rows: 7, units: 6, withoutVariant: { count: 1, rows: [5] } },
      unreadable: { did: { count: 1, rows: [2] } },
      missing: { amount: { count: 2, rows: [3, 6] } },
    });
    expect(report.days).toBe(14);
    const seen = report.metrics.map(({ variants }) => variants.map(({ units, value }) => [units, value]));
    expect(seen[0]).toEqual([
      [3, 1 / 3],
      [2, 1],
    ]);
    // One value of a: too few for a mean, and nobody's fault.
    expect(report.notes).toContainEqual(expect.objectContaining({ code: "few-units", variant: "a" }));
    expect(report.decision).toMatchObject({ state: "collecting", code: "too-few-units" });
  });

  it("reads counts, which add up, by dimension too", async () => {
    const text = [
      "variant,country,visitors,shown,signups,revenue,revenue2,buyers",
      "control,de,1000,900,100,500,9000,40",
      "control,fr,2000,1800,180,900,15000,70",
      "new,de,1010,910,140,700,12000,60",
      "new,fr,1990,1790,210,1000,16000,80",
    ].join("\n");
    const name = await file("counts.csv", text);
    const mapping = await mappingFile("counts.json", {
      ...{ variant: "variant", units: "visitors", dimensions: ["country"], days: 10 },
      stages: { rendered: "shown" },
      metrics: {
        signups: { column: "signups" },
        revenue: { column: "revenue", type: "revenue", squares: "revenue2", buyers: "buyers" },
      },
    });
    const analysis = await analysisOf(name, "--mapping", mapping);
    expect(analysis.file).toMatchObject({ kind: "counts", rows: 4, units: 6000 });
    expect(metricOf(analysis, "signups").variants.map(({ units, value }) => units * value)).toEqual([
      expect.closeTo(280, 9),
      expect.closeTo(350, 9),
    ]);
    expect(analysis.report.sampleRatio.stages.map(({ stage }) => stage)).toEqual(["assigned", "rendered"]);
    expect(analysis.report.dimensions.map(({ metric, groups }) => [metric, groups.length])).toEqual([
      ["signups", 2],
      ["revenue", 2],
    ]);
  });

  it("takes groups of three digits for thousands, in counts, and where numbers have decimal points", async () => {
    const rows = ["Variant\tVisitors\tOrders\tRevenue", "A\t10,234\t512\t25,600.5", "B\t10,101\t561\t28,900"];
    const name = await file("counts.tsv", rows.join("\n"));
    const flags = [
      "--variant",
      "Variant",
      "--units",
      "Visitors",
      "--metric",
      "Orders",
      "--metric",
      "Revenue:count",
    ];
    const analysis = await analysisOf(name, ...flags);
    expect(analysis.file.units).toBe(20_335);
    expect(metricOf(analysis, "Revenue").variants.map(({ value }) => value)).toEqual([
      expect.closeTo(25_600.5 / 10_234, 9),
      expect.closeTo(28_900 / 10_101, 9),
    ]);
  });

  it("reads NDJSON, ratios, and takes the past into account", async () => {
    const lines = Array.from({ length: 400 }, (_, i) =>
      JSON.stringify({
        ...{ g: i % 2 ? "b" : "a", orders: i % 5, visits: 5 + (i % 7), before: (i * 7) % 31 },
        after: ((i * 7) % 31) + (i % 3),
      }),
    );
    const name = await file("users.ndjson", lines.join("\n"));
    const mapping = await mappingFile("nd.json", {
      variant: "g",
      metrics: {
        after: { column: "after", before: "before" },
        rate: { column: "orders", denominator: "visits" },
      },
    });
    const analysis = await analysisOf(name, "--mapping", mapping);
    expect(analysis.report.metrics.map(({ method }) => method)).toEqual(["cuped", "delta"]);
    expect(metricOf(analysis, "after").varianceReduction).toBeGreaterThan(0.95);
  });

  it("finds nothing to decide where the input cannot be judged, and says what is wrong", async () => {
    const name = await file(
      "bad.csv",
      [HEADER, ...users({ a: [500, 20], b: [500, 40], c: [30, 3] })].join("\n"),
    );
    const { code, out } = await run(name, ...FLAGS, "--weights", "a=1,b=1", "--days", "14");
    expect(code).toBe(1);
    expect(out).toContain("FAULT: c is in the data (30) but is no variant of this experiment");
    const removed = await mappingFile("removed.json", {
      ...{ variant: "group", weights: { a: 1, b: 1, c: 0 }, removed: ["c"] },
      metrics: { bought: { column: "bought" } },
    });
    const analysis = await analysisOf(name, "--mapping", removed);
    expect(analysis.report.notes.map((note) => note.code)).toContain("removed-variant");
    expect(analysis.report.metrics[0]?.variants).toHaveLength(2);
    const empty = await file("empty.csv", `${HEADER}\n`);
    expect((await run(empty, ...FLAGS)).code).toBe(1);
    const one = await file("one.csv", [HEADER, ...users({ a: [50, 2] })].join("\n"));
    expect((await run(one, ...FLAGS)).out).toContain("FAULT: There is nothing to compare the control with");
  });

  it("is refused with the cure where it is called wrongly", async () => {
    const name = await file("ok.csv", [HEADER, ...users({ a: [5, 2] })].join("\n"));
    for (const [args, cure] of [
      [[name], "--variant COLUMN --metric COLUMN"],
      [
        [name, "--variant", "arm", "--metric", "bought"],
        'names the column "arm"; the file has: user, group, bought, spent',
      ],
      [
        [name, "--variant", "group", "--metric", "bought:rate"],
        "must be proportion, mean, revenue, count or ratio",
      ],
      [
        [name, "--variant", "group", "--metric", "spent:mean", "--units", "spent"],
        "name the column of the sum of squares",
      ],
      [[name, ...FLAGS, "--weights", "a:1"], "name=share"],
      [[name, ...FLAGS, "--days", "soon"], "soon is none"],
      [[join(dir, "none.csv"), ...FLAGS], "There is no file"],
      [[dir, ...FLAGS], "is a folder"],
    ] as const) {
      const { code, err } = await run(...args);
      expect([code, err]).toEqual([2, expect.stringContaining(cure)]);
    }
    expect((await run("--help")).out).toContain("attune analyze FILE");
  });
});

const shared = process.env.ATTUNE_SHARED ?? join(import.meta.dirname, "../../../../../shared");
const cats = join(shared, "data/cookie-cats/cookie_cats.csv");
const mails = join(shared, "data/hillstrom-email/hillstrom.csv");
const real = existsSync(cats) && existsSync(mails);
if (!real) console.warn(`left out: real experiments that people have argued over (no data at ${shared})`);

describe.skipIf(!real)("attune analyze of real experiments", () => {
  it("cookie cats: a suspicious split, one outlier, and what both days say", async () => {
    const args = [
      "--variant",
      "version",
      "--user",
      "userid",
      "--control",
      "gate_30",
      "--metric",
      "retention_1",
    ];
    const analysis = await analysisOf(
      cats,
      ...args,
      "--metric",
      "retention_7",
      "--metric",
      "sum_gamerounds:mean",
    );
    const { report, file: found, outliers } = analysis;
    expect(found).toMatchObject({ rows: 90_189, units: 90_189, repeated: { users: 0, inTwoVariants: 0 } });
    expect(report.variants.map(({ units }) => units.assigned)).toEqual([44_700, 45_489]);
    expect(report.sampleRatio.p).toBeCloseTo(0.008607988, 9);
    expect(report.sampleRatio.state).toBe("suspicious");
    const first = against(metricOf(analysis, "retention_1"), "gate_40");
    expect(first.probabilityToBeat).toBeCloseTo(0.037206025, 9);
    expect(first.expectedLoss.treatment).toBeCloseTo(5.954e-3, 6);
    expect(first.expectedLoss.control).toBeCloseTo(4.918e-5, 8);
    const seventh = against(metricOf(analysis, "retention_7"), "gate_40");
    expect(seventh.probabilityToBeat).toBeCloseTo(0.0007773, 7);
    expect(seventh.expectedLoss.treatment).toBeCloseTo(8.202e-3, 6);
    expect(seventh.expectedLoss.control).toBeCloseTo(5.478e-7, 10);
    expect(seventh.uplift?.lower).toBeCloseTo(-0.06887, 4);
    expect(seventh.uplift?.upper).toBeCloseTo(-0.01666, 4);
    expect(outliers).toMatchObject([{ metric: "sum_gamerounds", count: 1, values: [{ value: 49_854 }] }]);
  }, 60_000);

  it("hillstrom: three arms", async () => {
    const metrics = ["conversion", "visit", "spend:revenue"].flatMap((metric) => ["--metric", metric]);
    const analysis = await analysisOf(
      mails,
      "--variant",
      "segment",
      "--control",
      "Womens E-Mail",
      ...metrics,
    );
    const { report } = analysis;
    expect(report.sampleRatio.p).toBeCloseTo(0.65757, 5);
    const conversion = metricOf(analysis, "conversion");
    expect(against(conversion, "Mens E-Mail").probabilityToBeat).toBeCloseTo(0.999332103, 9);
    expect(against(conversion, "No E-Mail").probabilityToBeat).toBeCloseTo(0.00192782, 8);
    const seen = (name: string) =>
      Object.fromEntries(
        metricOf(analysis, name).variants.map(({ variant, units, value }) => [
          variant[0],
          [units, Math.round(units * value * 100) / 100],
        ]),
      );
    expect(seen("visit")).toEqual({ W: [17_118, 2606], N: [16_998, 1797], M: [16_955, 3078] });
    expect(seen("conversion")).toEqual({ W: [17_118, 146], N: [16_998, 100], M: [16_955, 204] });
    expect(seen("spend")).toEqual({ W: [17_118, 17_704], N: [16_998, 11_119.32], M: [16_955, 23_179.02] });
    expect(analysis.outliers).toEqual([]);
  }, 60_000);
});
