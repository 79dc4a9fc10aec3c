import type { Clock } from "@attune/core";
import type { PersonalizationService, ServiceFrame } from "@attune/core/service";
import type { ByteSource } from "@attune/server-adapters/node";
import type { Newsroom } from "../models/model-news.js";
import { isSimulated, liveFrame, modelFrame, type VisitorFacts, visitorOf } from "./frames.js";
import { createGone } from "./gone.js";
import { createLiveVisitors } from "./live-visitors.js";
import { createRates, type LiveFigures } from "./rates.js";
import { createRoster, type EventFrame, type Roster } from "./roster.js";
import { createSiteFeeds, type LiveSubject, type SiteFeeds, TURNS } from "./site-feeds.js";
import { createTallies, type Tallies } from "./tallies.js";
import { createMetricsTeller } from "./tell-metrics.js";

export interface HubOptions {
  service: PersonalizationService;
  /** Sites whose frames are followed. */
  sites: readonly string[];
  clock: Clock;
  /** What the `metrics` frame adds about the simulation. */
  simulated(site: string): unknown;
  /** Where it is heard what happens to models. */
  listen?: Newsroom["listen"];
  report(error: unknown): void;
}

export interface OpenOptions {
  site: string;
  /** Null: all that happens on the site. */
  subject: LiveSubject | null;
  /** `Last-Event-ID`, where the reader has been here before. */
  lastEventId: string | null;
  /** False once the credential no longer holds: the stream is ended within a second. */
  active(): boolean;
  /** Called once, when the reader has gone or was sent away. */
  onGone?(): void;
}

/** Fan-out of the service's frames to server-sent-event streams. */
export interface Hub {
  /** Of a hub that is closed: a stream that is at its end. */
  open(options: OpenOptions): ByteSource;
  figures(site: string): LiveFigures & { readers: number };
  /**
   * Drops what is held of the site's visitors, since one of them was erased and it is not known which: readers that return after it see a
   * gap. Erasures that the service's frames tell of need no call: of those it is known.
   */
  forget(site: string): void;
  /** The same, and whoever reads sees the gap now: for an erasure that stopped half-way, which no frame tells of. */
  lose(site: string): void;
  close(): Promise<void>;
}

/** Who is here already. Told to a reader that opens, and after each gap. */
interface VisitorsFrame {
  type: "visitors";
  /** What was done before this, also in other processes, this one has not heard of. */
  since: string;
  /** As in their latest `behavioral_event`, but with their segments of now; who came last is at the end. */
  visitors: Pick<EventFrame, "simulated" | "event" | "insights">[];
}

interface Site {
  feeds: SiteFeeds;
  roster: Roster;
}

const TICK_MS = 100;
/** In ticks: the figures are told once a second. */
const METRICS_TICKS = 10;

/** What a `visitors` frame is made of. */
interface Shown {
  roster: Roster;
  tallies: Tallies;
}

function visitorsFrame(site: string, { roster, tallies }: Shown, subject: LiveSubject | null): VisitorsFrame {
  return {
    type: "visitors",
    since: new Date(tallies.since(site)).toISOString(),
    visitors: roster.visitors(subject).map(({ simulated, event, insights }) => ({
      simulated,
      event: { ...event, segments: tallies.segmentsOf(site, event.visitor) ?? event.segments },
      insights,
    })),
  };
}

/** What is known of the sites that are followed, and who hears of it. */
function followSites(clock: Clock) {
  const rates = createRates(clock);
  const tallies = createTallies(clock);
  const visitors = createLiveVisitors();
  const gone = createGone();
  const facts: VisitorFacts = { scoresOf: visitors.scoresOf, segmentsOf: tallies.segmentsOf };
  const followed = new Map<string, Site>();

  function of(site: string): Site {
    const found = followed.get(site);
    if (found) return found;
    const roster = createRoster({
      clock,
      frameOf: (event) => liveFrame({ type: "event", site, event }, facts) as EventFrame,
    });
    const feeds = createSiteFeeds({
      clock,
      visitors: (subject) => visitorsFrame(site, { roster, tallies }, subject),
    });
    const made = { roster, feeds };
    followed.set(site, made);
    return made;
  }

  /** @param visitor Null: all of the site's. */
  function forget(site: string, visitor: string | null): void {
    const { feeds, roster } = of(site);
    feeds.forget(visitor);
    roster.forget(visitor);
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
    const { feeds, roster } = of(site);
    const wanted = feeds.of(frame);
    if (wanted.length === 0) {
      if (frame.type === "event") roster.keep(frame.event);
      return;
    }
    const live = liveFrame(frame, facts);
    for (const feed of wanted) feed.push(live, visitor);
    if (frame.type === "event" && live.type === "behavioral_event") roster.show(live, frame.event.userId);
    // Who hears of it shows nobody any more.
    if (live.type === "gap")
      feeds.tell("visitors", (subject) => visitorsFrame(site, { roster, tallies }, subject));
  }

  return {
    of,
    forget,
    take,
    followed,
    figures: (site: string) => ({
      ...rates.figures(site),
      readers: followed.get(site)?.feeds.readers ?? 0,
    }),
    apart: tallies.figures,
  };
}

export function createHub({ service, sites, clock, simulated, listen, report }: HubOptions): Hub {
  const { of, forget, take, followed, figures, apart } = followSites(clock);
  const tellMetrics = createMetricsTeller({
    service,
    clock,
    beside: (site) => ({ live: figures(site), apart: apart(site), simulated: simulated(site) }),
    report,
  });
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    for (const { feeds } of followed.values()) feeds.tend(ticks % TURNS);
    if (ticks % METRICS_TICKS === 0) tellMetrics(followed);
  }, TICK_MS);
  timer.unref();

  let closed = false;
  const leaves: (() => Promise<void>)[] = [];
  // A channel that answers so late must not hold up the end.
  const keep = (leave: () => Promise<void>) => (closed ? leave() : void leaves.push(leave));
  for (const site of sites) {
    service
      .subscribe({ site }, (frame) => take(site, frame))
      .then(keep)
      .catch(report);
    listen?.(site, (news) => of(site).feeds.pushWhole(modelFrame(news)))
      .then(keep)
      .catch(report);
  }

  return {
    figures,
    forget: (site) => forget(site, null),
    lose: (site) => take(site, { type: "gap" }),
    open({ site, ...rest }) {
      const reader = of(site).feeds.open(rest);
      // A host that waits for its connections to end would wait for ever.
      if (closed) reader.end();
      return reader;
    },
    async close() {
      closed = true;
      clearInterval(timer);
      for (const { feeds } of followed.values()) feeds.close();
      await Promise.all(leaves.map((leave) => leave().catch(report)));
    },
  };
}
