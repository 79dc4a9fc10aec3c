import type { Clock } from "@attune/core";
import type { ServiceFrame } from "@attune/core/service";
import type { Aside } from "./chunks.js";
import { createFeed, type Feed, type OpenFeedOptions } from "./feed.js";
import type { LiveFrame } from "./frames.js";
import type { Reader } from "./reader.js";

/**
 * Whose frames alone a reader wants: the pseudonym of a visitor, a session or a user; of a visitor perhaps the changes of its segments alone; or
 * nobody's, which leaves what concerns every reader.
 */
export interface LiveSubject {
  kind: "visitor" | "segments" | "session" | "user" | "nobody";
  name: string;
}

export const NOBODY: LiveSubject = { kind: "nobody", name: "" };

export interface SiteFeedsOptions {
  clock: Clock;
  /** Who is here; of the one subject, where one is named. */
  visitors(subject: LiveSubject | null): Aside;
}

/** The frames of one site on their way to who reads all of them, and to who reads those of one subject. */
export interface SiteFeeds {
  readonly readers: number;
  /** Readers of the whole site. */
  readonly wholeReaders: number;
  /** Those that the frame belongs into, as far as somebody would be sent it. */
  of(frame: ServiceFrame): readonly Feed[];
  /** For who reads the whole site, and comes back to it; concerns no visitor. */
  pushWhole(frame: LiveFrame): void;
  /** Tells who reads the whole site; `visitors`: everybody. */
  tell(type: "metrics" | "visitors", frame: (subject: LiveSubject | null) => Aside): void;
  /**
   * Looks after the streams whose turn it is, and not after thousands in one moment: by ten turns that follow one another it has ended all whose
   * credentials no longer hold, and given up feeds that nobody reads; by {@link TURNS} everybody has had a ping, or a frame since
   * the turn of the last one: no stream is silent for as long as two rounds.
   */
  tend(turn: number): void;
  open(options: OpenFeedOptions & { subject: LiveSubject | null }): Reader;
  /** As {@link Feed.forget}, in all that may have shown the visitor. */
  forget(visitor: string | null): void;
  close(): void;
}

/** Turns after which every stream was looked through, and after which those that were silent have had a ping as well. */
const SWEEP_TURNS = 10;
export const TURNS = 150;

/** Bytes that are held for who returns: of the whole site, and of each single subject, of whom there are as many as pages ask for. */
const WINDOW = { site: 2 << 20, subject: 128 << 10 };

/** The feed of one subject. */
interface Apart {
  key: string;
  subject: LiveSubject;
  feed: Feed;
  /** Of {@link TURNS}: when it is pinged, unless there is a newer frame than at that turn before. */
  turn: number;
  last: number;
}

const keyOf = ({ kind, name }: LiveSubject): string => `${kind} ${name}`;

/** Frames that concern every reader, whomever they follow. */
const isForAll = ({ type }: ServiceFrame): boolean => type === "gap" || type === "ruleset";

const isOfVisitor = (subject: LiveSubject | null): boolean =>
  subject?.kind === "visitor" || subject?.kind === "segments";

/** Whether a feed may have shown a visitor: those of sessions and users are not known by their visitors. */
const mayShow = (subject: LiveSubject | null, visitor: string | null): boolean =>
  visitor === null || (isOfVisitor(subject) ? subject?.name === visitor : subject?.kind !== "nobody");

function sweep({ readers }: Feed): void {
  for (const reader of readers) if (!reader.active()) reader.end();
}

const ping = (feed: Feed): void => feed.tell("ping", () => ({ type: "ping" }));

export function createSiteFeeds({ clock, visitors }: SiteFeedsOptions): SiteFeeds {
  const whole = createFeed({ clock, window: WINDOW.site, visitors: () => visitors(null) });
  const apart = new Map<string, Apart>();
  /** Those whose turn comes together, so that a turn looks at nobody else. */
  const turns: Set<Apart>[] = Array.from({ length: SWEEP_TURNS }, () => new Set());
  let opened = 0;

  function* all(): Generator<{ subject: LiveSubject | null; feed: Feed }> {
    yield { subject: null, feed: whole };
    yield* apart.values();
  }

  function of(frame: ServiceFrame): readonly Feed[] {
    const found = whole.watched ? [whole] : [];
    if (apart.size === 0) return found;
    if (isForAll(frame)) return [...found, ...Array.from(apart.values(), ({ feed }) => feed)];
    if (frame.type === "erased") {
      for (const { subject, feed } of apart.values()) if (mayShow(subject, frame.visitor)) found.push(feed);
      return found;
    }
    const look = (kind: LiveSubject["kind"], name: string | null): void => {
      const entry = name === null ? undefined : apart.get(keyOf({ kind, name }));
      if (entry?.feed.watched) found.push(entry.feed);
    };
    if (frame.type === "event") {
      look("visitor", frame.event.visitorId);
      look("session", frame.event.sessionId);
      look("user", frame.event.userId);
    } else if (frame.type === "visitor") {
      look("visitor", frame.visitor);
      look("segments", frame.visitor);
    }
    return found;
  }

  function feedOf(subject: LiveSubject | null): Feed {
    if (subject === null) return whole;
    const key = keyOf(subject);
    const found = apart.get(key);
    if (found) return found.feed;
    const feed = createFeed({ clock, window: WINDOW.subject, visitors: () => visitors(subject) });
    const one: Apart = { key, subject, feed, turn: opened++ % TURNS, last: feed.last };
    apart.set(key, one);
    turns[one.turn % SWEEP_TURNS]?.add(one);
    return feed;
  }

  return {
    get readers() {
      let count = 0;
      for (const { feed } of all()) count += feed.readers.size;
      return count;
    },
    get wholeReaders() {
      return whole.readers.size;
    },
    of,
    pushWhole(frame) {
      if (whole.watched) whole.push(frame, null);
    },
    tell(type, frame) {
      whole.tell(type, () => frame(null));
      if (type === "metrics") return;
      for (const { subject, feed } of apart.values()) feed.tell(type, () => frame(subject));
    },
    tend(turn) {
      if (turn % SWEEP_TURNS === 0) sweep(whole);
      if (turn % TURNS === 0) ping(whole);
      const due = turns[turn % SWEEP_TURNS] as Set<Apart>;
      for (const one of due) {
        const { key, feed } = one;
        sweep(feed);
        if (!feed.watched) {
          apart.delete(key);
          due.delete(one);
        } else if (turn % TURNS === one.turn) {
          if (feed.last === one.last) ping(feed);
          one.last = feed.last;
        }
      }
    },
    open: ({ subject, ...rest }) => feedOf(subject).open(rest),
    forget(visitor) {
      for (const { subject, feed } of all()) if (mayShow(subject, visitor)) feed.forget(visitor);
    },
    close() {
      for (const { feed } of all()) feed.close();
    },
  };
}
