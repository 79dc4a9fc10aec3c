import type { IngestResult } from "@attune/core/service";
import { createCounter, createGauge, createHistogram, type Instrument } from "./instruments.js";
import type { LogWatch } from "./watch-log.js";
import { createWindow, type Window } from "./window.js";

export type Surface = "ingest" | "api";

export interface Answered {
  method: string;
  /** As it is registered, never as it was asked for: what it holds is nobody's name. */
  route: string;
  surface: Surface;
  status: number;
  ms: number;
}

/** Everything that this process counts about itself. Labels name routes, statuses and outcomes, never a subject. */
export interface Meters {
  answered(answer: Answered): void;
  /** There is no such route, or not by this method. */
  unanswered(status: number): void;
  ingested(result: IngestResult): void;
  /** A request was refused to keep the rest alive. */
  refused(reason: string): void;
  readonly log: LogWatch;
  /** The last minute. */
  readonly recent: { fold: Window; api: Window; requests: Window; errors: Window; events: Window };
  /** Prometheus text exposition; `more` are the gauges of whoever asks. */
  render(more: readonly Instrument[]): string;
}

export function createMeters(now: () => number): Meters {
  const requests = createCounter({
    name: "attune_http_requests_total",
    help: "Requests answered, by method, route and status.",
  });
  const durations = createHistogram({
    name: "attune_http_request_duration_seconds",
    help: "Time from a request's arrival to its answer, apart for ingestion and all else.",
  });
  const events = createCounter({
    name: "attune_events_total",
    help: "Events sent in, by what became of them at the door.",
  });
  const refusals = createCounter({
    name: "attune_refused_total",
    help: "Requests refused under load, by reason.",
  });
  const appends = createHistogram({
    name: "attune_log_append_duration_seconds",
    help: "Time that the log took to take a batch, by whether it did.",
  });
  const folds = createHistogram({
    name: "attune_fold_latency_seconds",
    help: "Time from a run's append to the end of its fold.",
  });
  const batches = createHistogram({
    name: "attune_fold_batch_duration_seconds",
    help: "Time to fold one batch.",
  });
  const letters = createCounter({
    name: "attune_dead_letters_total",
    help: "Dead letters written by this process.",
  });
  const lost = createCounter({
    name: "attune_log_lost_entries_total",
    help: "Entries of the log, at most, that were removed before this process could fold them.",
  });
  const window = (): Window => createWindow({ now });
  const recent = { fold: window(), api: window(), requests: window(), errors: window(), events: window() };
  const instruments = [
    requests,
    durations,
    events,
    refusals,
    appends,
    folds,
    batches,
    letters,
    lost,
    ...processGauges(),
  ];
  return {
    recent,
    answered({ method, route, surface, status, ms }) {
      requests.add({ method, route, status: String(status) });
      durations.observe({ surface }, ms / 1000);
      recent.requests.add(ms);
      if (surface === "api") recent.api.add(ms);
      if (status >= 500) recent.errors.add(ms);
    },
    unanswered: (status) => requests.add({ method: "(any)", route: "(none)", status: String(status) }),
    ingested({ accepted, duplicates, withheld, rejected }) {
      const outcomes = { accepted, duplicate: duplicates ?? 0, withheld, rejected: rejected.length };
      for (const [outcome, count] of Object.entries(outcomes)) if (count > 0) events.add({ outcome }, count);
      if (accepted > 0) recent.events.add(accepted, accepted);
    },
    refused: (reason) => refusals.add({ reason }),
    log: {
      appended: (ms, ok) => appends.observe({ ok: String(ok) }, ms / 1000),
      folded(ms, latencies) {
        batches.observe({}, ms / 1000);
        for (const latency of latencies) {
          folds.observe({}, latency / 1000);
          recent.fold.add(latency);
        }
      },
      letters: (count) => letters.add({}, count),
      lost: (entries) => lost.add({}, entries),
    },
    render: (more) => [...instruments, ...more].map((instrument) => instrument.render()).join(""),
  };
}

/** Named as Prometheus's own client libraries name them. */
function processGauges(): Instrument[] {
  const started = Date.now() / 1000 - process.uptime();
  return [
    createGauge(
      {
        name: "process_cpu_seconds_total",
        help: "Processor time used, user and system.",
        type: "counter",
      },
      () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    ),
    createGauge({ name: "process_resident_memory_bytes", help: "Resident memory." }, () =>
      process.memoryUsage.rss(),
    ),
    createGauge(
      { name: "nodejs_heap_size_used_bytes", help: "Heap in use." },
      () => process.memoryUsage().heapUsed,
    ),
    createGauge(
      { name: "process_start_time_seconds", help: "When the process started, Unix time." },
      () => started,
    ),
  ];
}
