import { memorySeries } from "@attune/core/memory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  nativeEvent,
  OTHER_SITE_SECRET,
  SECRET,
  startTestServer,
  type TestServer,
} from "../testing/start.js";

const PATH = "/api/v1/behavioral/analytics/series";
const HOUR = 3_600_000;

interface Answer {
  from: string;
  to: string;
  figures: Record<
    string,
    { rows: { tags: object; windows: { at: string; value: number }[] }[]; omitted: number } | null
  >;
  notes: Record<string, string>;
}

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer({ series: memorySeries() });
});
afterAll(() => at.close());

const ask = async (query: string, key = SECRET): Promise<Answer> => {
  const response = await at.call(`${PATH}?${query}`, { key });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
};

describe("GET /analytics/series", () => {
  it("tells what was sent, by hour, by name and for one name, of the key's own site", async () => {
    const events = [
      ...Array.from({ length: 5 }, () => nativeEvent()),
      nativeEvent({ name: "Order Completed", properties: { total: 12.5 } }),
      nativeEvent({ name: "Variant Exposed", properties: { experiment: "hero", slot: "top", variant: "b" } }),
    ];
    expect((await at.post("/api/v1/behavioral/batch", events)).status).toBe(200);
    await at.server.service.settled();

    const whole = await ask("");
    expect(Date.parse(whole.to) - Date.parse(whole.from)).toBe(48 * HOUR);
    const value = (figure: string): number =>
      (whole.figures[figure]?.rows[0]?.windows ?? []).reduce((sum, window) => sum + window.value, 0);
    expect(Object.keys(whole.figures).map((figure) => [figure, value(figure)])).toEqual([
      ["events", 7],
      ["visitors", 1],
      ["sessions", 1],
      ["convertedSessions", 1],
      ["orders", 1],
      ["revenue", 12.5],
    ]);
    const start = Date.parse(whole.figures.events?.rows[0]?.windows[0]?.at ?? "");
    expect(start % HOUR).toBe(0);

    const byName = await ask("figures=events&by=event&granularity=day");
    expect(byName.figures.events?.rows.map(({ tags }) => tags)).toEqual(
      ["Order Completed", "Product Viewed", "Variant Exposed"].map((event) => ({ event })),
    );
    const one = await ask("figures=events&event=Product%20Viewed&granularity=minute");
    expect(one.figures.events?.rows[0]?.windows.reduce((sum, window) => sum + window.value, 0)).toBe(5);
    const arms = await ask("figures=exposures,conversions&by=experiment,variant");
    expect(arms.figures.exposures?.rows).toMatchObject([{ tags: { experiment: "hero", variant: "b" } }]);
    expect((await ask("", OTHER_SITE_SECRET)).figures.events).toEqual({ rows: [], omitted: 0 });
  });

  it("shows the largest rows and says how many it leaves out", async () => {
    const events = Array.from({ length: 205 }, (_, i) => nativeEvent({ name: `Name ${i}` }));
    await at.post("/api/v1/behavioral/batch", events, { key: OTHER_SITE_SECRET });
    await at.post("/api/v1/behavioral/batch", [nativeEvent({ name: "Name 204" })], {
      key: OTHER_SITE_SECRET,
    });
    await at.server.service.settled();
    const { figures } = await ask("figures=events&by=event", OTHER_SITE_SECRET);
    expect([figures.events?.rows.length, figures.events?.omitted]).toEqual([200, 5]);
    expect(figures.events?.rows.map(({ tags }) => tags)).toContainEqual({ event: "Name 204" });
  });

  it("tells of segments no window of fewer than twenty visitors", async () => {
    const rules = {
      ...{ schemaVersion: 1, revision: 1, slots: {} },
      segments: [
        { name: "viewers", enter: { productViews: { $gte: 1 } } },
        { name: "buyers", enter: { purchases: { $gte: 1 } } },
      ],
    } as const;
    const site = await startTestServer({ series: memorySeries(), rules });
    const events = Array.from({ length: 21 }, (_, i) => [
      nativeEvent({ visitorId: `series-visitor-0123456789-${i}`, name: "Product Viewed" }),
      ...(i < 3
        ? [nativeEvent({ visitorId: `series-visitor-0123456789-${i}`, name: "Order Completed" })]
        : []),
    ]).flat();
    await site.post("/api/v1/behavioral/batch", events);
    await site.server.service.settled();
    const path = `${PATH}?figures=events,entered&by=segment&granularity=day`;
    expect((await site.call(path, { key: SECRET })).status).toBe(400);
    const answer = (await (await site.call(path.replace("events,", ""), { key: SECRET })).json()) as Answer;
    expect(
      answer.figures.entered?.rows.map(({ tags, windows }) => [tags, windows.map(({ value }) => value)]),
    ).toEqual([
      [{ segment: "buyers" }, [null]],
      [{ segment: "viewers" }, [21]],
    ]);
    expect(answer.notes.entered).toMatch(/fewer than 20/);
    await site.close();
  });

  it.each([
    "figures=clicks",
    "figures=events,toString",
    "figures=orders&by=event",
    "figures=events&segment=x",
    "granularity=week",
    "granularity=constructor",
    "from=yesterday",
    "from=2026-01-02&to=2026-01-01",
    "from=0&granularity=minute",
    "to=99999999999999999",
  ])("refuses %s, saying what to do", async (query) => {
    const response = await at.call(`${PATH}?${query}`, { key: SECRET });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: "ATTUNE_SERVER_QUERY" });
  });

  it("is not for a write key", async () => {
    expect((await at.call(PATH)).status).toBe(403);
  });

  it("is null with its reason without a series", async () => {
    const bare = await startTestServer();
    const response = await bare.call(`${PATH}?figures=events,orders`, { key: SECRET });
    expect(await response.json()).toMatchObject({
      figures: { events: null, orders: null },
      notes: { events: expect.stringContaining("No series"), orders: expect.stringContaining("No series") },
    });
    await bare.close();
  });
});
