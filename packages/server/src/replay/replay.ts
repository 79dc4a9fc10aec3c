import { setTimeout as sleep } from "node:timers/promises";
import { isAttuneError } from "@attune/core";
import type { CacheStats } from "@attune/core/service";
import type { ReplayClient } from "./client.js";
import { createLanes } from "./lanes.js";
import { createPeakMemory } from "./memory.js";
import { createTally, type ReplayReport } from "./report.js";
import type { FileRow, RowSource } from "./rows.js";
import type { MappedEvent, ToEvent } from "./to-event.js";

export interface ReplayOptions {
  source: RowSource;
  /** Made when the columns are known. Null: rows are events already. */
  mapping: ((columns: readonly string[]) => ToEvent) | null;
  client: ReplayClient;
  /** Asked at the end; null where the server is elsewhere. */
  cacheStats: (() => CacheStats) | null;
  batch: number;
  concurrency: number;
  limit: number;
  /** After each batch the decisions of its visitors are asked for, as their pages would. */
  decide: boolean;
  /** Recorded time runs this many times as fast; infinite: as fast as it goes. */
  speed: number;
  /** Where it aborts, no further rows are read; what was read is sent and told of as ever. */
  ended: AbortSignal;
  /** Told now and then how far it is, [0, 1], and how many rows were sent. */
  onProgress?(share: number, rows: number): void;
}

interface Item {
  event: unknown;
  row: number;
}

const SAMPLE_ROWS = 5000;

/** Sends a recorded file through a server's batch endpoint, every visitor's rows in their order, and adds up the answers. */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { source, client, batch, concurrency, limit, speed, ended, onProgress } = options;
  const memory = createPeakMemory();
  const tally = createTally();
  const before = await client.summary();
  const started = performance.now();
  const lanes = createLanes<Item>({
    lanes: concurrency,
    batch,
    async send(items) {
      tally.answered(await client.batch(items.map(({ event }) => event)), items);
      if (!options.decide) return;
      for (const visitor of visitorsOf(items)) {
        const asked = performance.now();
        await client.decide(visitor);
        tally.decided(performance.now() - asked);
      }
    },
  });
  const pace = createPace(speed, ended, () => lanes.flush());
  let toEvent: ToEvent | null = null;
  let rows = 0;
  let endedEarly: string | null = null;
  const entries = source.rows((columns) => {
    toEvent = options.mapping?.(columns) ?? null;
  });

  for await (const entry of asFarAsItGoes(entries, (why) => (endedEarly = why))) {
    if (rows >= limit || ended.aborted) break;
    rows += 1;
    if (rows % SAMPLE_ROWS === 0) {
      memory.sample();
      onProgress?.(source.progress(), rows);
    }
    if (entry.fault) {
      tally.fault(entry.number, entry.fault);
      continue;
    }
    const mapped = mapRow(entry, toEvent);
    if (!mapped.hasSession) tally.withoutSession(entry.number);
    const paced = pace(mapped.at);
    if (paced) await paced;
    const behind = lanes.push(mapped.key, { event: mapped.event, row: entry.number });
    if (behind) await behind;
  }
  await lanes.flush();
  const elapsedMs = performance.now() - started;
  memory.sample();
  onProgress?.(ended.aborted || endedEarly !== null ? source.progress() : 1, rows);
  const cache = options.cacheStats?.() ?? null;
  return tally.report({
    rows,
    endedEarly,
    elapsedMs,
    memory: memory.peak(),
    before,
    after: await client.summary(),
    cache,
  });
}

/** The rows before the place that cannot be read; where there is none before it, that is an error as ever. */
async function* asFarAsItGoes(
  rows: AsyncIterable<FileRow>,
  onEnd: (why: string) => void,
): AsyncGenerator<FileRow> {
  let hasBegun = false;
  try {
    for await (const row of rows) {
      hasBegun = true;
      yield row;
    }
  } catch (error) {
    if (!hasBegun || !isAttuneError(error) || error.code !== "ATTUNE_REPLAY_FILE") throw error;
    onEnd(error.message);
  }
}

/** Each visitor of a batch once, under the consent of its last event. */
function visitorsOf(items: readonly Item[]): { id: string; purposes: readonly string[] }[] {
  const visitors = new Map<string, readonly string[]>();
  for (const { event } of items) {
    const { visitorId, anonymousId, consent } = (event ?? {}) as Readonly<Record<string, unknown>>;
    const id = visitorId ?? anonymousId;
    const { purposes = consent } = (consent ?? {}) as { purposes?: unknown };
    if (typeof id === "string" && Array.isArray(purposes)) visitors.set(id, purposes.map(String));
  }
  return Array.from(visitors, ([id, purposes]) => ({ id, purposes }));
}

function mapRow(entry: Exclude<FileRow, { fault: string }>, toEvent: ToEvent | null): MappedEvent {
  if (entry.row) return (toEvent as ToEvent)(entry.row, entry.number);
  const event = (typeof entry.raw === "object" && entry.raw !== null ? entry.raw : {}) as Record<
    string,
    unknown
  >;
  const key = event.visitorId ?? event.anonymousId ?? event.userId ?? event.sessionId;
  const { timestamp = event.timestamp } = (event.eventData ?? {}) as { timestamp?: unknown };
  const recorded = event.occurredAt ?? timestamp;
  const at = typeof recorded === "number" ? recorded : Date.parse(String(recorded));
  return {
    event: entry.raw as MappedEvent["event"],
    key: String(key ?? ""),
    at: Number.isFinite(at) ? at : null,
    hasSession: typeof event.sessionId === "string",
  };
}

/** A timer that is to wait longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @param due By `performance.now()`. @throws AbortError */
async function until(due: number, signal: AbortSignal): Promise<void> {
  for (let rest = due - performance.now(); rest > 0; rest = due - performance.now())
    await sleep(Math.min(rest, LONGEST_TIMER_MS), undefined, { signal });
}

/** Waits until a recorded time is due; what came before is sent first, so that it does not wait with it. */
function createPace(
  speed: number,
  ended: AbortSignal,
  flush: () => Promise<void>,
): (at: number | null) => Promise<void> | undefined {
  let origin: { recorded: number; wall: number } | null = null;
  return (at) => {
    if (speed === Number.POSITIVE_INFINITY || at === null) return undefined;
    origin ??= { recorded: at, wall: performance.now() };
    const due = origin.wall + (at - origin.recorded) / speed;
    const wait = due - performance.now();
    if (wait < 5) return undefined;
    return flush().then(() => until(due, ended).catch(() => undefined));
  };
}
