import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import { expectAgreement, liveThrough, rollupHistory, rollupPorts } from "../../../test/rollup-history.js";
import { memoryLog, memorySeries, memoryStore } from "../../memory/index.js";
import type { Series } from "../../ports/series.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { everything, sample } from "../service.test.suite.js";
import { bucketOps, bucketSort } from "./rollup-buckets.js";
import { pointsOf, rolledUp, rollupKey } from "./rollups.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 60);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("what a change of a counter is in the rollups", () => {
  it.each([
    ["event/Page/Viewed", 2, "events/Page~1Viewed"],
    ["event/__proto__", 1, "events/__proto__"],
    ["visitors", 1, "visitors"],
    ["sessions/derived", 1, "sessions"],
    ["sessions/derived-converted", 1, "convertedSessions"],
    ["orders", 1, "orders"],
    ["revenue", 12_500, "revenue"],
    ["exposed/a~1b/c", 1, "exposures/a~1b/c"],
    ["converted/a/c", 1, "conversions/a/c"],
    ["segment/a/b", 1, "entered/a~1b"],
    ["segment/a/b", -1, "left/a~1b"],
  ])("%s by %i feeds %s", (counter, by, key) => {
    expect(rolledUp(counter, by)).toEqual({ key, by: Math.abs(by) });
  });
  it.each(["conflicts", "sampled", "anything"])("%s feeds nothing", (counter) => {
    expect(rolledUp(counter, 1)).toBeNull();
  });

  it("comes back as points with its tags, those of one place together", () => {
    const counts = {
      [rollupKey("exposures", ["a/b", "~1"])]: 3,
      [rollupKey("conversions", ["a/b", "~1"])]: 1,
      [rollupKey("revenue", [])]: 12_500,
      [rollupKey("orders", [])]: 1,
    };
    expect(pointsOf({ site: "shop", shard: "c3", minute: 10 }, counts)).toEqual([
      {
        name: "attune_experiments",
        at: 600_000,
        tags: { site: "shop", shard: "c3", experiment: "a/b", variant: "~1" },
        fields: { exposures: 3, conversions: 1 },
      },
      {
        name: "attune_orders",
        at: 600_000,
        tags: { site: "shop", shard: "c3" },
        fields: { revenue: 1.25, count: 1 },
      },
    ]);
  });
});

describe("a commit's buckets", () => {
  it("are written only as they were read: their writer makes them whole and removes them meanwhile", () => {
    const minute = 10;
    const held = {
      partition: "shop/c/0",
      sort: bucketSort(minute),
      version: 4,
      value: { v: 1 as const, counts: { a: 2 }, written: true },
    };
    const added = new Map([[minute, new Map([["a", 1]])]]);
    const at = { now: 11 * 60_000, isPast: false };
    expect(bucketOps(at, added, () => held)).toMatchObject([{ ifVersion: 4, value: { counts: { a: 3 } } }]);
    expect(bucketOps(at, added, () => null)).toMatchObject([{ ifVersion: 0, value: { counts: { a: 1 } } }]);
  });
});

describe("rollups in a series", () => {
  it("T9 are the counters, after any history of repetitions, crashes, late folds and writes that failed or were not answered", async () => {
    await fc.assert(
      fc.asyncProperty(rollupHistory, async (steps) => {
        const service = await liveThrough(rollupPorts(), memorySeries(), steps);
        await expectAgreement(service);
      }),
      { numRuns: HISTORIES },
    );
  }, 120_000);

  it("T36 are the same after a rebuild, also where the series had lost them", async () => {
    await fc.assert(
      fc.asyncProperty(rollupHistory, fc.boolean(), async (steps, isLost) => {
        const ports = rollupPorts();
        const series = memorySeries();
        await liveThrough(ports, series, steps);
        ports.clock.advance(2 * MINUTE);
        const { hot, log, clock } = ports;
        if (isLost) await series.drop(clock.now());
        const service = createPersonalizationService({ stores: { hot }, log, clock, series, worker: false });
        await service.rebuild();
        await expectAgreement(service);
        await service.close();
      }),
      { numRuns: Math.ceil(HISTORIES / 3) },
    );
  }, 120_000);

  it("are by the minute in which the server received it, whenever it is folded", async () => {
    const { clock, hot, log } = rollupPorts();
    const series = memorySeries();
    const parts = { stores: { hot }, log, clock, series };
    const door = createPersonalizationService({ ...parts, worker: false });
    const began = clock.now();
    for (let minute = 0; minute < 3; minute++) {
      const events = Array.from({ length: minute + 1 }, (_, i) =>
        sample({
          id: `e-${minute}-${i}`,
          name: "Order Completed",
          properties: { total: 2.5 },
          occurredAt: began - 24 * HOUR,
        }),
      );
      await door.ingest(events);
      clock.advance(MINUTE);
    }
    clock.advance(5 * HOUR);
    const worker = createPersonalizationService(parts);
    await worker.settled();
    const range = { from: began, to: clock.now(), windowMs: MINUTE };
    expect(await door.series({ figure: "revenue", ...range })).toEqual([
      {
        tags: {},
        windows: [1, 2, 3].map((n, minute) => ({ at: began + minute * MINUTE, value: n * 2.5 })),
      },
    ]);
    expect(await door.series({ figure: "events", ...range, windowMs: HOUR, by: ["event"] })).toEqual([
      { tags: { event: "Order Completed" }, windows: [{ at: began, value: 6 }] },
    ]);
    await Promise.all([worker.close(), door.close()]);
  });

  it("never hold a subject, and the store keeps no bucket for longer than some hours", async () => {
    const { clock, hot, log } = rollupPorts();
    const inner = memorySeries();
    const written: string[] = [];
    const series: Series = {
      ...inner,
      write: (points) => {
        written.push(JSON.stringify(points));
        return inner.write(points);
      },
    };
    const service = createPersonalizationService({ stores: { hot }, log, clock, series, keys: memoryKeys() });
    const marks = ["visitor-PLANTED", "session-PLANTED", "user-PLANTED", "device-PLANTED", "value-PLANTED"];
    const [visitorId, sessionId, userId, deviceId, value] = marks;
    await service.ingest([sample({ visitorId, sessionId, userId, deviceId, properties: { value } })]);
    await service.settled();
    const pseudonyms = [...(await everything({ hot, log })).matchAll(/default\/[vu]\/([\w-]+)/g)].map(
      ([, name]) => name ?? "",
    );
    expect(pseudonyms.length).toBeGreaterThan(0);
    expect(written.length).toBeGreaterThan(0);
    for (const mark of ["PLANTED", ...pseudonyms]) expect(written.join("\n")).not.toContain(mark);
    const buckets = async (): Promise<number> =>
      (await everything({ hot, log })).split('"sort":"m/').length - 1;
    expect(await buckets()).toBeGreaterThan(0);
    clock.advance(2 * HOUR + 2 * MINUTE);
    await service.sweep();
    expect(await buckets()).toBe(0);
    await service.close();
  });

  it("wait for a series that is away, and no fold waits with them", async () => {
    const { clock, hot, log } = rollupPorts();
    const inner = memorySeries();
    let isAway = true;
    const reports: unknown[] = [];
    const series: Series = {
      ...inner,
      write: (points) => (isAway ? Promise.reject(new Error("away")) : inner.write(points)),
      query: (query) => (isAway ? Promise.reject(new Error("away")) : inner.query(query)),
    };
    const service = createPersonalizationService({
      stores: { hot },
      log,
      clock,
      series,
      report: (error) => reports.push(error),
    });
    const { outcomes } = await service.ingest([sample()], { waitMs: 5000 });
    expect(outcomes[0]).toBe("folded");
    await service.settled();
    expect(reports.length).toBeGreaterThan(0);
    clock.advance(3 * 24 * HOUR);
    await service.sweep();
    isAway = false;
    await service.sweep();
    await expectAgreement(service);
    await service.close();
  });

  it("are written by the timer, without anybody asking for it", async () => {
    const { clock, hot, log } = rollupPorts();
    const series = memorySeries();
    const service = createPersonalizationService({ stores: { hot }, log, clock, series });
    await service.ingest([sample()], { waitMs: 5000 });
    const range = { from: 0, to: clock.now() + HOUR, windowMs: HOUR };
    await expect
      .poll(() => service.series({ figure: "events", ...range }), { timeout: 20_000, interval: 100 })
      .toHaveLength(1);
    await service.close();
  });

  it("leave out what the series has no room for, and report it", async () => {
    const { clock, hot, log } = rollupPorts();
    const inner = memorySeries();
    const reports: unknown[] = [];
    const series: Series = {
      ...inner,
      write: (points) =>
        points.some(({ tags }) => tags?.event === "Too Long")
          ? inner.write([{ name: "", at: 0, fields: {} }])
          : inner.write(points),
    };
    const service = createPersonalizationService({
      stores: { hot },
      log,
      clock,
      series,
      report: (error) => reports.push(error),
    });
    await service.ingest([sample({ id: "a", name: "Too Long" }), sample({ id: "b" })]);
    await service.settled();
    const range = { from: 0, to: clock.now() + HOUR, windowMs: HOUR };
    expect(await service.series({ figure: "events", ...range, by: ["event"] })).toMatchObject([
      { tags: { event: "Page Viewed" } },
    ]);
    expect(reports).toMatchObject([{ code: "ATTUNE_SERIES_POINT" }]);
    await service.close();
  });

  it("stay as sums when somebody is erased, and a rebuild counts them without", async () => {
    const clock = createFakeClock();
    const [hot, log, series] = [memoryStore({ clock }), memoryLog({ clock }), memorySeries()];
    const service = createPersonalizationService({ stores: { hot }, log, clock, series });
    for (const visitorId of ["ann", "ben"])
      await service.ingest([sample({ id: visitorId, visitorId, sessionId: visitorId })], { waitMs: 5000 });
    await service.settled();
    await service.erase({ visitorId: "ann" });
    const range = { from: 0, to: clock.now() + HOUR, windowMs: HOUR };
    const events = async (): Promise<unknown> =>
      (await service.series({ figure: "events", ...range }))?.[0]?.windows[0]?.value;
    expect(await events()).toBe(2);
    await service.close();
    await createPersonalizationService({ stores: { hot }, log, clock, series, worker: false }).rebuild();
    expect(await events()).toBe(1);
  });
});

describe("what is asked of them", () => {
  const range = { from: 0, to: 1, windowMs: MINUTE };
  it("is refused where it is not kept, and null without a series", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() } });
    const code = "ATTUNE_SERVICE_SERIES_QUERY";
    for (const wrong of [
      { figure: "toString" as never },
      { figure: "events" as const, windowMs: 1000 },
      { figure: "events" as const, by: ["site"] },
      { figure: "orders" as const, where: { event: "x" } },
    ])
      await expect(service.series({ ...range, ...wrong })).rejects.toMatchObject({ code });
    expect(await service.series({ figure: "events", ...range })).toBeNull();
    await service.close();
  });

  it("is of one site", async () => {
    const series = memorySeries();
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, series });
    await service.ingest([sample()], { site: "shop" });
    await service.settled();
    const all = { figure: "events" as const, from: 0, to: Date.now() + HOUR, windowMs: HOUR };
    expect(await service.series(all, { site: "shop" })).toHaveLength(1);
    expect(await service.series(all)).toEqual([]);
    await service.close();
  });
});
