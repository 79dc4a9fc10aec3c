import { describe, expect, it } from "vitest";
import type { EventFrame, Figures, MetricsFrame } from "./frames.js";
import { EMPTY, latestEvents, latestVisitors, reduce } from "./model.js";
import { patternWords, segmentWords } from "./words.js";

const event = (visitor: string, id: string, over: Partial<EventFrame["event"]> = {}): EventFrame => ({
  type: "behavioral_event",
  simulated: visitor.startsWith("sim-"),
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
    segments: null,
    ...over,
  },
  insights: { behaviorPattern: "browser" },
});
const figures: Figures = {
  events: 1,
  sessions: { given: 1, derived: 0 },
  visitors: 1,
  conversions: { sessions: 0, orders: 0, revenue: 0 },
  segments: {},
  experiments: {},
};
const metrics = (eventsPerSecond: number): MetricsFrame => ({
  type: "metrics",
  at: "2026-11-20T10:00:00.000Z",
  summary: { ...figures, conflicts: 0 },
  live: {
    eventsPerSecond,
    eventsLastMinute: 1,
    simulatedEventsPerSecond: 1,
    simulatedEventsLastMinute: 1,
    activeVisitors: 1,
    simulatedVisitors: 0,
  },
  apart: { since: "2026-11-20T09:00:00.000Z", real: figures, simulated: figures },
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
    expect(model.history.at(-1)).toEqual({ all: 999, real: 998 });
  });

  it("keeps real visitors on top and in memory, however many simulated ones there are, and alone where that is wanted", () => {
    let model = reduce(reduce(EMPTY, event("ada", "1")), event("bo", "2"));
    for (let i = 0; i < 1000; i++) model = reduce(model, event(`sim-${i}`, `s${i}`));
    expect(latestVisitors(model, 4).map(({ visitor }) => visitor)).toEqual([
      "bo",
      "ada",
      "sim-999",
      "sim-998",
    ]);
    expect(latestVisitors(model, 4, true).map(({ visitor }) => visitor)).toEqual(["bo", "ada"]);
    expect(latestEvents(model, 1).map(({ event: { eventId } }) => eventId)).toEqual(["s999"]);
    expect(latestEvents(model, 9, true).map(({ event: { eventId } }) => eventId)).toEqual(["2", "1"]);
  });

  it("does not call somebody new whose visit has gone on, and tells segments with the event", () => {
    const insights = { behaviorPattern: "new-visitor" };
    let model = reduce(EMPTY, { ...event("a", "1"), insights });
    model = reduce(model, {
      ...event("a", "2", { segments: ["returning-buyers"] }),
      insights: { behaviorPattern: null },
    });
    const [row] = latestVisitors(model, 1);
    expect(patternWords(row?.pattern ?? null)).toBe("nothing special yet");
    expect(segmentWords(row?.segments ?? null)).toBe("returning buyers");
    expect(patternWords("new-visitor")).toBe("nothing special yet");
  });

  it("takes segments only of visitors it shows", () => {
    const model = reduce(EMPTY, event("a", "1"));
    expect(reduce(model, { type: "segment_change", visitor: "zz", segments: ["s"] })).toBe(model);
    expect(
      latestVisitors(reduce(model, { type: "segment_change", visitor: "a", segments: ["s"] }), 1)[0]
        ?.segments,
    ).toEqual(["s"]);
  });

  it("shows who is here already, and goes on from there", () => {
    const [a, b] = [event("a", "1", { segments: ["s"] }), event("sim-b", "2")];
    const since = "2026-11-20T09:00:00.000Z";
    let model = reduce(EMPTY, { type: "visitors", since, visitors: [b, a] });
    expect(latestVisitors(model, 5).map(({ visitor, segments }) => [visitor, segments])).toEqual([
      ["a", ["s"]],
      ["sim-b", null],
    ]);
    expect(model).toMatchObject({ heardSince: since, feed: [] });
    model = reduce(model, event("a", "3", { eventType: "Product Viewed" }));
    expect(latestVisitors(model, 5, true)).toMatchObject([{ lastEvent: "Product Viewed", segments: ["s"] }]);
  });

  it("forgets whom it shows at a gap, since one of them may have been erased, and keeps the figures", () => {
    const model = reduce(reduce(EMPTY, event("a", "1")), metrics(3));
    expect(reduce(model, { type: "gap" })).toEqual({
      ...EMPTY,
      connection: "live",
      metrics: metrics(3),
      history: [{ all: 3, real: 2 }],
    });
  });
});
