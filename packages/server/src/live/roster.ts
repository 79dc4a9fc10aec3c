import type { Clock, Event } from "@attune/core";
import { isSimulated, type LiveFrame } from "./frames.js";

export type EventFrame = Extract<LiveFrame, { type: "behavioral_event" }>;

/** Who is here on one site, so that who opens the page need not wait until everybody has done something again. */
export interface Roster {
  /** An event that somebody watched: its frame. */
  show(frame: EventFrame): void;
  /** An event that nobody watched. Nothing is made of it until somebody asks. */
  keep(event: Event): void;
  /** The latest frame of each visitor of the last five minutes, who came last at the end; at most 50 real and 50 simulated ones. */
  visitors(): EventFrame[];
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

interface Kind {
  /** Who was seen longest ago comes first. */
  rows: Map<string, { at: number; frame: EventFrame }>;
  kept: { at: number; event: Event }[];
}

export function createRoster({ clock, frameOf }: RosterOptions): Roster {
  const kinds: Record<"real" | "simulated", Kind> = {
    real: { rows: new Map(), kept: [] },
    simulated: { rows: new Map(), kept: [] },
  };
  const kindOf = (simulated: boolean): Kind => kinds[simulated ? "simulated" : "real"];

  function put({ rows }: Kind, frame: EventFrame, at: number): void {
    const { visitor } = frame.event;
    rows.delete(visitor);
    rows.set(visitor, { at, frame });
    if (rows.size > VISITORS) rows.delete(rows.keys().next().value as string);
  }

  return {
    show: (frame) => put(kindOf(frame.simulated), frame, clock.now()),
    keep(event) {
      const { kept } = kindOf(isSimulated(event));
      kept.push({ at: clock.now(), event });
      if (kept.length >= 2 * KEPT) kept.splice(0, KEPT);
    },
    visitors() {
      const since = clock.now() - RECENT_MS;
      const found: { at: number; frame: EventFrame }[] = [];
      for (const kind of Object.values(kinds)) {
        for (const { at, event } of kind.kept.splice(0).slice(-KEPT)) put(kind, frameOf(event), at);
        for (const row of kind.rows.values()) if (row.at > since) found.push(row);
      }
      return found.sort((a, b) => a.at - b.at).map(({ frame }) => frame);
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
