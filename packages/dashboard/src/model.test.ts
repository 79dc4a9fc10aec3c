import { describe, expect, it } from "vitest";
import type { EventFrame, MetricsFrame } from "./frames.js";
import { EMPTY, latestVisitors, reduce } from "./model.js";

const event = (visitor: string, id: string, over: Partial<EventFrame["event"]> = {}): EventFrame => ({
  type: "behavioral_event",
  simulated: false,
  event: {
    eventId: id,
    eventType: "Page Viewed",
    visitor,
    timestamp: "2026-11-20T10:00:00.000Z",
    path: "/",
    product: null,
    category: null,
    engagementScore: 0.5,
    intentProbability: 0.2,
    ...over,
  },
  insights: { behaviorPattern: "browser" },
});
const metrics = (eventsPerSecond: number): MetricsFrame => ({
  type: "metrics",
  at: "2026-11-20T10:00:00.000Z",
  summary: {
    events: 1,
    sessions: { given: 1, derived: 0 },
    visitors: 1,
    conversions: { sessions: 0, orders: 0, revenue: 0 },
    segments: {},
    experiments: {},
    conflicts: 0,
  },
  live: { eventsPerSecond, eventsLastMinute: 1, activeVisitors: 1, simulatedVisitors: 0 },
  simulated: null,
});

describe("the dashboard's model", () => {
  it("keeps the latest visitor first and what is known of it where an event does not tell", () => {
    let model = reduce(EMPTY, event("a", "1"));
    model = reduce(model, event("b", "2"));
    model = reduce(model, event("a", "3", { engagementScore: null, intentProbability: 0.9 }));
    expect(latestVisitors(model, 5).map((row) => [row.visitor, row.engagement, row.intent])).toEqual([
      ["a", 0.5, 0.9],
      ["b", 0.5, 0.2],
    ]);
  });

  it("stays bounded", () => {
    let model = EMPTY;
    for (let i = 0; i < 1000; i++) {
      model = reduce(model, event(`v${i}`, String(i)));
      model = reduce(model, metrics(i));
    }
    expect(model.feed).toHaveLength(40);
    expect(model.visitors.size).toBe(200);
    expect(model.history).toHaveLength(120);
    expect(model.history.at(-1)).toBe(999);
  });

  it("takes segments only of visitors it shows", () => {
    const model = reduce(EMPTY, event("a", "1"));
    expect(reduce(model, { type: "segment_change", visitor: "zz", segments: ["s"] })).toBe(model);
    expect(
      latestVisitors(reduce(model, { type: "segment_change", visitor: "a", segments: ["s"] }), 1)[0]
        ?.segments,
    ).toEqual(["s"]);
  });

  it("forgets whom it shows at a gap, since one of them may have been erased, and keeps the figures", () => {
    const model = reduce(reduce(EMPTY, event("a", "1")), metrics(3));
    expect(reduce(model, { type: "gap" })).toEqual({
      ...EMPTY,
      connection: "live",
      metrics: metrics(3),
      history: [3],
    });
  });
});
