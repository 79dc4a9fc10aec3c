import { memoryLog } from "@attune/core/memory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const PERFORMANCE = "/api/v1/behavioral/monitoring/performance";
let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const samples = async (path = "/metrics"): Promise<Map<string, number>> => {
  const text = await (await at.call(path, { key: SECRET })).text();
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
  );
};

describe("monitoring", () => {
  it("says null with a reason of what was not measured, before anything happened", async () => {
    const answer = await (await at.call(PERFORMANCE, { key: SECRET })).json();
    expect(answer.metrics.processingLatency).toEqual({ p50: null, p95: null, p99: null });
    expect(answer.metrics.apiResponseTime).toEqual({ average: null, median: null, max: null });
    expect(answer.metrics.errorRate).toBe(null);
    expect(answer.metrics.eventIngestionRate).toBe(0);
    expect(Object.keys(answer.notes).sort()).toEqual([
      "apiResponseTime",
      "capacity",
      "errorRate",
      "processingLatency",
    ]);
    expect(answer.capacity).toEqual({ current: 1, maximum: 100, utilization: 0.01 });
  });

  it("needs more than a write key, unless the host opened it", async () => {
    expect((await at.call("/metrics")).status).toBe(403);
    expect((await at.call("/metrics", { key: null })).status).toBe(401);
    expect((await at.call(PERFORMANCE)).status).toBe(403);
    const open = await startTestServer({ metrics: { open: true } });
    expect((await open.call("/metrics", { key: null })).status).toBe(200);
    await open.close();
  });

  it("counts what really happened", async () => {
    const twice = nativeEvent();
    const bad = { ...nativeEvent(), name: undefined };
    const uncovered = nativeEvent({ consent: { purposes: [], policyVersion: "1" } });
    await at.post("/api/v1/behavioral/batch?wait=5000", [twice, nativeEvent(), bad, uncovered]);
    await at.post("/api/v1/behavioral/batch?wait=5000", [twice]);
    await at.call("/api/v1/nothing");
    await at.call("/api/v1/experiments/none/results", { key: SECRET });
    const found = await samples();
    expect(found.get('attune_events_total{outcome="accepted"}')).toBe(2);
    expect(found.get('attune_events_total{outcome="duplicate"}')).toBe(1);
    expect(found.get('attune_events_total{outcome="rejected"}')).toBe(1);
    expect(found.get('attune_events_total{outcome="withheld"}')).toBe(1);
    expect(found.get("attune_dead_letters_total")).toBe(1);
    expect(
      found.get('attune_http_requests_total{method="POST",route="/api/v1/behavioral/batch",status="200"}'),
    ).toBe(2);
    expect(
      found.get(
        'attune_http_requests_total{method="GET",route="/api/v1/experiments/:id/results",status="404"}',
      ),
    ).toBe(1);
    expect(found.get('attune_http_requests_total{method="(any)",route="(none)",status="404"}')).toBe(1);
    expect(found.get('attune_http_request_duration_seconds_count{surface="ingest"}')).toBe(2);
    expect(found.get('attune_log_append_duration_seconds_count{ok="true"}')).toBeGreaterThanOrEqual(2);
    expect(found.get("attune_fold_latency_seconds_count")).toBeGreaterThanOrEqual(2);
    expect(found.get("attune_in_flight_requests")).toBe(1);
    expect(found.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(found.get("process_cpu_seconds_total")).toBeGreaterThan(0);
    for (const reason of ["append-slow", "appends", "lag"])
      expect(found.get(`attune_backpressure{reason="${reason}"}`)).toBe(0);
  });

  it("counts what the log lost before it could be folded, and reports it", async () => {
    const log = memoryLog();
    const forgetful = await startTestServer({
      metrics: { open: true },
      log: {
        ...log,
        consume(group, handler, options) {
          options?.onGap?.({ shard: 3, after: 10, to: 17, atMost: 7 });
          return log.consume(group, handler, options);
        },
      },
    });
    const text = await (await forgetful.call("/metrics", { key: null })).text();
    expect(text).toContain("\nattune_log_lost_entries_total 7\n");
    expect(forgetful.reports).toMatchObject([{ code: "ATTUNE_LOG_GAP" }]);
    expect(String(forgetful.reports[0])).toContain("shard 3 after position 10 up to 17, 7 entries at most");
    const health = await forgetful.call("/health/ready", { key: null });
    expect(health.status).toBe(200);
    await forgetful.close();
  });

  it("has histograms whose buckets add up", async () => {
    const found = await samples();
    const buckets = [...found].filter(([name]) =>
      name.startsWith('attune_http_request_duration_seconds_bucket{surface="api"'),
    );
    expect(buckets.length).toBe(14);
    buckets.reduce((before, [, count]) => {
      expect(count).toBeGreaterThanOrEqual(before);
      return count;
    }, 0);
    expect(buckets.at(-1)?.[0]).toContain('le="+Inf"');
    expect(buckets.at(-1)?.[1]).toBe(found.get('attune_http_request_duration_seconds_count{surface="api"}'));
  });

  it("says the log's lag once it was asked, and figures of the last minute", async () => {
    await expect.poll(async () => (await samples()).get("attune_log_lag_runs"), { timeout: 4000 }).toBe(0);
    const { metrics, status, notes } = await (await at.call(PERFORMANCE, { key: SECRET })).json();
    expect(status).toBe("ok");
    expect(metrics.eventIngestionRate).toBeCloseTo(2 / 60);
    expect(metrics.processingLatency.p50).toBeGreaterThanOrEqual(0);
    expect(metrics.processingLatency.p99).toBeGreaterThanOrEqual(metrics.processingLatency.p50);
    expect(metrics.apiResponseTime.max).toBeGreaterThanOrEqual(metrics.apiResponseTime.median);
    expect(metrics.errorRate).toBe(0);
    expect(Object.keys(notes)).toEqual(["capacity"]);
  });
});
