import { json } from "../http/respond.js";
import type { Route } from "../http/route.js";
import { createGauge, type Instrument } from "../metrics/instruments.js";
import { percentile } from "../metrics/window.js";
import type { RouteContext } from "./context.js";

const MINUTE_S = 60;

/** What this process measured of itself: for Prometheus, and for people. */
export function monitoringRoutes(context: RouteContext, open: boolean): Route[] {
  const gauges = gaugesOf(context);
  const metrics = (): Response =>
    new Response(context.meters.render(gauges), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", "cache-control": "no-store" },
    });
  return [
    open
      ? { method: "GET", path: "/metrics", scope: null, handle: metrics }
      : { method: "GET", path: "/metrics", scope: "read", handle: metrics },
    {
      method: "GET",
      path: "/api/v1/behavioral/monitoring/performance",
      scope: "read",
      handle: () => json(performanceOf(context)),
    },
  ];
}

function gaugesOf({ pressure, lag, hub, sites }: RouteContext): Instrument[] {
  return [
    createGauge(
      { name: "attune_log_lag_runs", help: "Runs of events that wait for their fold, as last asked." },
      lag,
    ),
    createGauge(
      { name: "attune_in_flight_requests", help: "Requests that are being answered." },
      () => pressure.figures().requests,
    ),
    createGauge(
      { name: "attune_in_flight_room", help: "Requests that may be answered at once right now." },
      () => pressure.figures().room,
    ),
    createGauge(
      { name: "attune_in_flight_bytes", help: "Bytes of their bodies." },
      () => pressure.figures().bytes,
    ),
    createGauge(
      { name: "attune_backpressure", help: "1 for the reason why events are refused right now, else 0." },
      () => {
        const now = pressure.state();
        return (["append-slow", "appends", "lag"] as const).map(
          (reason) => [{ reason }, now === reason ? 1 : 0] as const,
        );
      },
    ),
    createGauge({ name: "attune_stream_readers", help: "Open event streams." }, () =>
      sites.reduce((sum, site) => sum + hub.figures(site).readers, 0),
    ),
  ];
}

/** Of the last minute, of this process. What nothing was measured of is null, and `notes` says why. */
export function performanceOf({ meters, pressure, lag }: RouteContext) {
  const { fold, api, requests, errors, events } = meters.recent;
  const [folds, answers] = [fold.values(), api.values()];
  const notes: Record<string, string> = {};
  if (folds.length === 0) notes.processingLatency = "Nothing was folded from a log here in the last minute.";
  if (answers.length === 0)
    notes.apiResponseTime = "Nothing but ingestion was answered in the last minute before this.";
  if (requests.count() === 0) notes.errorRate = "No request was answered in the last minute before this.";
  const backpressure = pressure.state();
  const { requests: current, room } = pressure.figures();
  return {
    metrics: {
      /** Events a second that were accepted at the door. */
      eventIngestionRate: events.count() / MINUTE_S,
      processingLatency: {
        p50: percentile(folds, 0.5),
        p95: percentile(folds, 0.95),
        p99: percentile(folds, 0.99),
      },
      apiResponseTime: {
        average: answers.length === 0 ? null : answers.reduce((sum, ms) => sum + ms, 0) / answers.length,
        median: percentile(answers, 0.5),
        max: percentile(answers, 1),
      },
      errorRate: requests.count() === 0 ? null : errors.count() / requests.count(),
      throughput: requests.count() / MINUTE_S,
    },
    status: backpressure === null ? "ok" : "overloaded",
    backpressure,
    logLag: lag(),
    capacity: { current, maximum: room, utilization: current / Math.max(1, room) },
    notes: {
      capacity: "Requests that are being answered, of those that may be at once right now.",
      ...notes,
    },
  };
}
