import type { SiteSummary } from "@attune/core/service";
import { describe, expect, it } from "vitest";
import { SECRET, startTestServer } from "../testing/start.js";
import { READER_BUFFER } from "./reader.js";

/** What a public key can make of a site's counters: names of full length without end. */
const name = (n: number): string => `${n}-`.padEnd(128, "x");
const many = <V>(count: number, make: (n: number) => V): Record<string, V> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), make(n)]));
const flooded: SiteSummary = {
  events: 1,
  sessions: { given: 1, derived: 0 },
  visitors: 1,
  conversions: { sessions: 0, orders: 0, revenue: 0 },
  byName: many(10_000, (n) => n),
  segments: many(1000, (n) => n),
  experiments: many(500, (n) => many(500, (m) => ({ exposures: n, conversions: m }))),
  conflicts: 0,
};

async function started() {
  const at = await startTestServer();
  at.server.service.summary = () => Promise.resolve(flooded);
  return at;
}

describe("counters that were flooded with names", () => {
  it("leave the metrics frame small, with the largest in it, and it says so", async () => {
    const at = await started();
    const abort = new AbortController();
    const stream = await at.call("/api/v1/behavioral/stream", { key: SECRET, signal: abort.signal });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    const decoder = new TextDecoder();
    while (!/event: metrics\ndata: .*\n\n/.test(text)) {
      const { done, value } = await reader.read();
      expect(done).toBe(false);
      text += decoder.decode(value, { stream: true });
    }
    abort.abort();
    await at.close();
    const data = /event: metrics\ndata: (.*)\n/.exec(text)?.[1] as string;
    expect(data.length).toBeLessThan(READER_BUFFER / 4);
    const { summary, truncated } = JSON.parse(data);
    expect(truncated).toBe(true);
    expect(Object.keys(summary.byName)).toHaveLength(50);
    expect(summary.byName[name(9999)]).toBe(9999);
    expect(Object.keys(summary.segments)).toHaveLength(50);
    expect(Object.keys(summary.experiments).length).toBeLessThanOrEqual(50);
    expect(summary.experiments[name(499)]).toBeDefined();
  });

  it("leave /api/sessions/metrics bounded, what is left out summed up", async () => {
    const at = await started();
    const text = await (await at.call("/api/sessions/metrics", { key: SECRET })).text();
    expect(text.length).toBeLessThan(READER_BUFFER);
    const { byName, segments, other } = JSON.parse(text);
    expect(Object.keys(byName)).toHaveLength(200);
    expect(Object.keys(segments)).toHaveLength(200);
    const shown = Object.values(byName as Record<string, number>).reduce((sum, count) => sum + count, 0);
    expect(other.byName).toEqual({ names: 9800, count: (9999 * 10_000) / 2 - shown });
    expect(other.segments.names).toBe(800);
    expect(other.experiments.names).toBeGreaterThanOrEqual(300);
    at.server.service.summary = () =>
      Promise.resolve({ ...flooded, byName: { a: 1 }, segments: {}, experiments: {} });
    const few = await (await at.call("/api/sessions/metrics", { key: SECRET })).json();
    expect(few).toMatchObject({ byName: { a: 1 }, other: null });
    await at.close();
  });
});
