import { describe, expect, it } from "vitest";
import { memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { RULESET, sample } from "../service.test.suite.js";
import { boundSummary } from "./bound-summary.js";

/** What a public key can make of a site's counters: names of full length without end. */
const name = (n: number): string => `${n}-`.padEnd(128, "x");
const many = <V>(count: number, make: (n: number) => V): Record<string, V> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), make(n)]));
const flooded = {
  events: 1,
  sessions: { given: 1, derived: 0 },
  visitors: 1,
  conversions: { sessions: 0, orders: 0, revenue: 0 },
  byName: many(10_000, (n) => n),
  segments: many(1000, (n) => n),
  experiments: many(500, (n) => many(500, (m) => ({ exposures: n, conversions: m }))),
  crossed: many(500, (n) => n),
  conflicts: 0,
  estimated: false,
};

describe("a summary of counters that were flooded with names", () => {
  it("is small, has the largest in it, and sums up what it leaves out", () => {
    const { byName, segments, experiments, crossed, other } = boundSummary(flooded, 200);
    expect(JSON.stringify({ byName, segments, experiments }).length).toBeLessThan(1 << 18);
    expect(Object.keys(byName)).toHaveLength(200);
    expect(byName[name(9999)]).toBe(9999);
    expect(Object.keys(segments)).toHaveLength(200);
    expect(Object.keys(experiments[name(499)] ?? {})).toHaveLength(20);
    expect(experiments[name(499)]?.[name(499)]).toEqual({ exposures: 499, conversions: 499 });
    const shown = Object.values(byName).reduce((sum, count) => sum + count, 0);
    expect(other?.byName).toEqual({ names: 9800, count: (9999 * 10_000) / 2 - shown });
    expect(other?.segments.names).toBe(800);
    expect(other?.experiments.names).toBeGreaterThanOrEqual(300);
    expect(Object.keys(crossed).sort()).toEqual(Object.keys(experiments).sort());
    expect(other?.experiments.variants).toBe(480 * Object.keys(experiments).length);
  });

  it("counts the bytes of names, not their characters", () => {
    const wide = (n: number): string => `${n}-`.padEnd(128, "語");
    const byName = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [wide(n), 1]));
    const shown = Object.keys(boundSummary({ ...flooded, byName }, 200).byName).length;
    expect(shown).toBeGreaterThan(150);
    expect(shown).toBeLessThan(200);
  });

  it("is whole where there is room, and says so", () => {
    const few = { ...flooded, byName: { a: 1 }, segments: {}, experiments: {}, crossed: {} };
    expect(boundSummary(few, 1)).toEqual({ ...few, tooFew: null, other: null });
  });
});

describe("sizes of segments", () => {
  it("are told from 20 visitors on, and of how many segments they are not", async () => {
    const hot = memoryStore();
    const service = createPersonalizationService({ stores: { hot }, ruleset: RULESET });
    const order = (n: number) =>
      sample({
        ...{ id: `o${n}`, visitorId: `v${n}`, sessionId: `s${n}`, name: "Order Completed" },
        properties: { revenue: 5 },
      });
    await service.ingest(Array.from({ length: 19 }, (_, n) => order(n)));
    await service.settled();
    expect(await service.summary()).toMatchObject({
      segments: { buyers: null },
      tooFew: { floor: 20, segments: 1 },
    });
    expect(await service.segmentSize("buyers")).toBe(19);
    await service.ingest([order(19)]);
    await service.settled();
    expect(await service.summary()).toMatchObject({ segments: { buyers: 20 }, tooFew: null });
    await service.close();
  });

  it("have no place in the order where they are too few", () => {
    const few = { ...flooded, segments: { small: null, large: 50, smaller: null, middle: 30 } };
    expect(Object.keys(boundSummary(few, 2).segments)).toEqual(["large", "middle"]);
    expect(Object.keys(boundSummary(few, 3).segments)).toEqual(["large", "middle", "small"]);
    expect(boundSummary(few, 3).tooFew).toEqual({ floor: 20, segments: 1 });
  });
});

describe("one experiment, one segment", () => {
  it("are told though a summary leaves them out", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
    const event = (visitor: string, id: string, more: object) =>
      sample({ id: `${visitor}-${id}`, visitorId: visitor, ...more });
    const exposed = (experiment: string, variant: string) => ({
      name: "Variant Exposed",
      properties: { experiment, variant },
    });
    await service.ingest([
      ...["a", "b", "c"].map((visitor) => event(visitor, "1", exposed("large", "red"))),
      event("a", "2", exposed("a/b~c", "red")),
      event("b", "2", exposed("a/b~c", "blue")),
      event("a", "3", { name: "Order Completed", properties: { revenue: 5 } }),
    ]);
    const summary = await service.summary("default", { names: 1 });
    expect(Object.keys(summary.experiments)).toEqual(["large"]);
    expect(summary.other).toMatchObject({ experiments: { names: 1 } });
    expect(await service.experiment("a/b~c")).toEqual({
      red: { exposures: 1, conversions: 1 },
      blue: { exposures: 1, conversions: 0 },
    });
    expect(await service.experiment("a")).toBeNull();
    expect(await service.experiment("large", { site: "other" })).toBeNull();
    expect(await service.segmentSize("buyers")).toBe(1);
    expect(await service.segmentSize("nobody")).toBeNull();
    await service.close();
  });
});
