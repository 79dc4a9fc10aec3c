import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";
import { READER_BUFFER } from "./serving.js";

const VISITORS = 20;
const NAMES = 60;

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
  // What anyone with a public key can do: names of full length, without end.
  for (let visitor = 0; visitor < VISITORS; visitor++) {
    const visitorId = `flooding-visitor-0123456789-${visitor}`;
    const events = Array.from({ length: NAMES }, (_, n) => {
      const made = `${visitor}-${n}-`.padEnd(120, "x");
      return [
        nativeEvent({ visitorId, name: made }),
        nativeEvent({ visitorId, name: "Variant Exposed", properties: { experiment: made, variant: made } }),
      ];
    });
    await at.server.service.ingest(events.flat());
  }
  await at.server.service.settled();
});
afterAll(() => at.close());

const shownOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

describe("counters that were flooded with names", () => {
  it("leave the metrics frame small, with the largest in it, and it says so", async () => {
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
    const data = /event: metrics\ndata: (.*)\n/.exec(text)?.[1] as string;
    expect(data.length).toBeLessThan(READER_BUFFER / 4);
    const { summary, truncated } = JSON.parse(data);
    expect(truncated).toBe(true);
    expect(Object.keys(summary.byName)).toHaveLength(50);
    expect(summary.byName["Variant Exposed"]).toBe(VISITORS * NAMES);
    expect(Object.keys(summary.experiments)).toHaveLength(50);
  });

  it("leave /api/sessions/metrics bounded, what is left out summed up, and every experiment to be asked for", async () => {
    const text = await (await at.call("/api/sessions/metrics", { key: SECRET })).text();
    expect(text.length).toBeLessThan(READER_BUFFER / 4);
    const { events, byName, other } = JSON.parse(text);
    expect(Object.keys(byName)).toHaveLength(200);
    expect(events).toBe(2 * VISITORS * NAMES);
    expect(shownOf(byName) + other.byName.count).toBe(events);
    expect(other.experiments.names).toBeGreaterThan(500);
    for (let n = 0; n < NAMES; n += 20) {
      const made = `0-${n}-`.padEnd(120, "x");
      const results = await at.call(`/api/v1/experiments/${made}/results`, { key: SECRET });
      expect(await results.json()).toMatchObject({
        experiment: made,
        variants: { [made]: { exposures: 1, conversions: 0 } },
        crossed: 0,
      });
    }
    expect((await at.call("/api/v1/experiments/nothing/results", { key: SECRET })).status).toBe(404);
  });
});
