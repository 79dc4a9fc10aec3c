import type { Clock } from "@attune/core";
import type { PersonalizationService, ServiceFrame, SiteSummary } from "@attune/core/service";
import { isSimulated, type LiveFrame, liveFrame, visitorOf } from "./frames.js";
import { createGone } from "./gone.js";
import { createLiveVisitors } from "./live-visitors.js";
import { createRates, type LiveFigures } from "./rates.js";
import { createReader, type Reader } from "./reader.js";
import { createRing, type Ring } from "./ring.js";
import { type ApartFigures, createTallies } from "./tallies.js";

export interface HubOptions {
  service: PersonalizationService;
  /** Sites whose frames are followed. */
  sites: readonly string[];
  clock: Clock;
  /** What the `metrics` frame adds about the simulation. */
  simulated(site: string): unknown;
  report(error: unknown): void;
}

export interface OpenOptions {
  site: string;
  /** `Last-Event-ID`, where the reader has been here before. */
  lastEventId: string | null;
  /** False once the credential no longer holds: the stream is ended within a second. */
  active(): boolean;
}

/** Fan-out of the service's frames to server-sent-event streams. */
export interface Hub {
  open(options: OpenOptions): ReadableStream<Uint8Array>;
  figures(site: string): LiveFigures & { readers: number };
  /**
   * Drops what is held of the site's visitors, since one of them was erased and it is not known which: readers that return after it see a
   * gap. Erasures that the service's frames tell of need no call: of those it is known.
   */
  forget(site: string): void;
  close(): Promise<void>;
}

type Frame =
  | LiveFrame
  | { type: "ping" }
  | {
      type: "metrics";
      at: string;
      summary: SiteSummary;
      /** Whether the summary shows only the largest event names, segments and experiments. */
      truncated: boolean;
      live: LiveFigures;
      /** Real and simulated visitors apart, which the summary does not tell. */
      apart: ApartFigures;
      simulated: unknown;
    };

interface Held {
  site: string;
  /** Whom it is about. */
  visitor: string | null;
  frame: LiveFrame;
}

/** Frames that a returning reader can be given; more than that and it is told of the gap. */
const WINDOW = 2000;
const TICK_MS = 1000;
/** How long frames are still made and held when the last reader has gone; after that nobody pays for them. */
const LINGER_MS = 60_000;
const PING_TICKS = 15;
/** Event names, segments and experiments in a `metrics` frame: each second one must fit well into a reader's buffer. */
const METRICS_NAMES = 50;

export function createHub({ service, sites, clock, simulated, report }: HubOptions): Hub {
  /** Numbers mean something only within one unbroken watch; ids name it. */
  let epoch = "";
  let watchedUntil = Number.NEGATIVE_INFINITY;
  const ring = createRing<Held>(WINDOW);
  const rates = createRates(clock);
  const tallies = createTallies(clock);
  const visitors = createLiveVisitors();
  const gone = createGone();
  const readers = new Map<Reader, () => boolean>();
  /** By site: what came up to this number is forgotten. */
  const forgotten = new Map<string, number>();
  const encoder = new TextEncoder();
  const encode = (frame: Frame, sequence?: number): Uint8Array =>
    encoder.encode(
      `${sequence === undefined ? "" : `id: ${epoch}.${sequence}\n`}event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`,
    );

  /** @param visitor Null: all of the site's. */
  function forget(site: string, visitor: string | null): void {
    ring.drop((held) => held.site === site && (visitor === null || held.visitor === visitor));
    forgotten.set(site, ring.last);
    rates.forget(site, visitor);
    tallies.forget(site, visitor);
    visitors.forget(site, visitor);
  }

  function take(site: string, frame: ServiceFrame): void {
    const visitor = visitorOf(frame);
    if (visitor !== null && gone.has(site, visitor)) return;
    if (frame.type === "erased") {
      if (!gone.add(site, frame.visitor)) return;
      forget(site, frame.visitor);
    }
    // What was lost may have told of an erasure.
    if (frame.type === "gap") forget(site, null);
    if (frame.type === "event") {
      const simulated = isSimulated(frame.event);
      rates.count(site, frame.event.visitorId, simulated);
      tallies.event(frame.event, simulated);
    }
    if (frame.type === "visitor") tallies.segments(site, frame.visitor, Object.keys(frame.segments));
    if (readers.size === 0 && clock.now() > watchedUntil) return;
    const live = liveFrame(frame, { scoresOf: visitors.scoresOf, segmentsOf: tallies.segmentsOf });
    const sequence = ring.push({ site, visitor, frame: live });
    let bytes: Uint8Array | null = null;
    for (const reader of readers.keys()) {
      if (reader.site !== site) continue;
      bytes ??= encode(live, sequence);
      reader.push(bytes);
    }
  }

  const figures = (site: string) => ({ ...rates.figures(site), readers: countOf(readers.keys(), site) });

  async function sendMetrics(): Promise<void> {
    for (const site of new Set([...readers.keys()].map((reader) => reader.site))) {
      const summary = await service.summary(site, { names: METRICS_NAMES });
      const at = new Date(clock.now()).toISOString();
      const truncated = summary.other !== null;
      const [live, apart, population] = [figures(site), tallies.figures(site), simulated(site)];
      const bytes = encode({ type: "metrics", at, summary, truncated, live, apart, simulated: population });
      for (const reader of readers.keys()) if (reader.site === site) reader.push(bytes);
    }
  }

  let ticks = 0;
  let sending = false;
  const timer = setInterval(() => {
    for (const [reader, active] of readers) if (!active()) reader.end();
    ticks += 1;
    if (ticks % PING_TICKS === 0) for (const reader of readers.keys()) reader.push(encode({ type: "ping" }));
    if (sending || readers.size === 0) return;
    sending = true;
    sendMetrics()
      .catch(report)
      .finally(() => {
        sending = false;
      });
  }, TICK_MS);
  timer.unref();

  const subscriptions = sites.map((site) => service.subscribe({ site }, (frame) => take(site, frame)));
  for (const subscription of subscriptions) subscription.catch(report);

  return {
    figures,
    forget: (site) => forget(site, null),
    open({ site, lastEventId, active }) {
      if (readers.size === 0 && clock.now() > watchedUntil) epoch = clock.now().toString(36);
      const { reader, body } = createReader(site, (gone) => {
        readers.delete(gone);
        watchedUntil = clock.now() + LINGER_MS;
      });
      reader.push(encoder.encode("retry: 2000\n\n"));
      const held = missed(ring, { epoch, forgotten: forgotten.get(site) ?? 0 }, lastEventId);
      if (held === null) reader.push(encode({ type: "gap" }));
      for (const { sequence, value } of held ?? []) {
        if (value.site === site) reader.push(encode(value.frame, sequence));
      }
      readers.set(reader, active);
      return body;
    },
    async close() {
      clearInterval(timer);
      for (const reader of [...readers.keys()]) reader.end();
      for (const subscription of await Promise.allSettled(subscriptions)) {
        if (subscription.status === "fulfilled") await subscription.value();
      }
    },
  };
}

/** What a returning reader has missed; nothing for a new one; null if it cannot all be given. */
function missed(
  ring: Ring<Held>,
  { epoch, forgotten }: { epoch: string; forgotten: number },
  lastEventId: string | null,
) {
  if (lastEventId === null) return [];
  const [process, sequence = ""] = lastEventId.split(".");
  if (process !== epoch || !/^\d{1,15}$/.test(sequence)) return null;
  // Also where nothing came after it: the reader still shows what is erased.
  return forgotten > 0 && Number(sequence) <= forgotten ? null : ring.after(Number(sequence));
}

function countOf(readers: Iterable<Reader>, site: string): number {
  let count = 0;
  for (const reader of readers) if (reader.site === site) count++;
  return count;
}
