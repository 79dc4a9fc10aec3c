import type { Clock, Event } from "@attune/core";
import { isSimulated, type LiveFrame } from "./frames.js";
import type { LiveSubject } from "./site-feeds.js";

export type EventFrame = Extract<LiveFrame, { type: "behavioral_event" }>;

/** Who is here on one site, so that who opens the page need not wait until everybody has done something again. */
export interface Roster {
  /** An event that somebody watched: its frame. @param user The pseudonym of the user it names. */
  show(frame: EventFrame, user: string | null): void;
  /** An event that nobody watched. Nothing is made of it until somebody asks. */
  keep(event: Event): void;
  /**
   * The latest frame of each visitor of the last five minutes, who came last at the end; at most 50 real and 50 simulated ones; of these, where a
   * subject is named, only its own.
   */
  visitors(subject: LiveSubject | null): EventFrame[];
  /** Forgets a visitor; null: all. */
  forget(visitor: string | null): void;
}

export interface RosterOptions {
  clock: Clock;
  frameOf(event: Event): EventFrame;
}

const VISITORS = 50;
/** Events of each kind that are kept until somebody looks. They are held whole, as the scores need them. */
const KEPT = 250;
const RECENT_MS = 5 * 60_000;

interface Time {
  at: number;
  /** Grows with each event, which `at` does not where the clock is put back. */
  order: number;
}

interface Row extends Time {
  frame: EventFrame;
  user: string | null;
}

interface Kind {
  /** Who was seen longest ago comes first. */
  rows: Map<string, Row>;
  kept: (Time & { event: Event })[];
}

function isOf(subject: LiveSubject | null, { frame: { event }, user }: Row): boolean {
  if (subject === null) return true;
  const { kind, name } = subject;
  if (kind === "nobody" || kind === "segments") return false;
  return name === { visitor: event.visitor, session: event.sessionId, user }[kind];
}

export function createRoster({ clock, frameOf }: RosterOptions): Roster {
  const kinds: Record<"real" | "simulated", Kind> = {
    real: { rows: new Map(), kept: [] },
    simulated: { rows: new Map(), kept: [] },
  };
  const kindOf = (simulated: boolean): Kind => kinds[simulated ? "simulated" : "real"];

  let taken = 0;
  const time = (): Time => ({ at: clock.now(), order: ++taken });

  function put({ rows }: Kind, row: Row): void {
    const { visitor } = row.frame.event;
    rows.delete(visitor);
    rows.set(visitor, row);
    if (rows.size > VISITORS) rows.delete(rows.keys().next().value as string);
  }

  return {
    show: (frame, user) => put(kindOf(frame.simulated), { ...time(), frame, user }),
    keep(event) {
      const { kept } = kindOf(isSimulated(event));
      kept.push({ ...time(), event });
      if (kept.length >= 2 * KEPT) kept.splice(0, KEPT);
    },
    visitors(subject) {
      const now = clock.now();
      const found: Row[] = [];
      for (const kind of Object.values(kinds)) {
        const kept = kind.kept.splice(0).slice(-KEPT);
        const made = kept.map(({ event, ...time }) => ({
          ...time,
          frame: frameOf(event),
          user: event.userId,
        }));
        // Some were shown since the first of these was kept.
        const all = [...kind.rows.values(), ...made].sort((a, b) => a.order - b.order);
        kind.rows.clear();
        for (const row of all) put(kind, row);
        for (const row of kind.rows.values())
          if (Math.abs(now - row.at) < RECENT_MS && isOf(subject, row)) found.push(row);
      }
      return found.sort((a, b) => a.order - b.order).map(({ frame }) => frame);
    },
    forget(visitor) {
      for (const kind of Object.values(kinds)) {
        kind.kept = visitor === null ? [] : kind.kept.filter(({ event }) => event.visitorId !== visitor);
        if (visitor === null) kind.rows.clear();
        else kind.rows.delete(visitor);
      }
    },
  };
}
