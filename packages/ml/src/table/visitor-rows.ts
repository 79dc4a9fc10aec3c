import {
  type DeviceType,
  type Event,
  featureArray,
  features,
  fold,
  initialState,
  SESSION_GAP,
  type VisitorState,
} from "@attune/core";
import type { History, LeftOut, TrainingLabel } from "./types.js";

export interface VisitorRow {
  features: Float64Array;
  label: 0 | 1;
  /** Epoch ms. */
  at: number;
  device: DeviceType | null;
  region: string | null;
}

/** An event, and what was known of the visitor after it. */
interface Step {
  event: Event;
  state: VisitorState;
}

/** A moment at which a row is taken: what came before it, and what came after it. */
interface Moment {
  at: number;
  now: VisitorState;
  session: string;
  later: readonly Step[];
}

function stepsOf(history: History): Step[] {
  let state = initialState();
  return history.map((event) => {
    state = fold(state, event);
    return { event, state };
  });
}

/** One moment for each session that is long enough. */
function momentsOf(steps: readonly Step[], atEvent: number): Moment[] {
  const counted = new Map<string, number>();
  return steps.flatMap(({ event, state }, index): Moment[] => {
    const { session } = state;
    // A late event is of another session than the one at hand, and no moment of this one.
    if (session === null || event.occurredAt < session.startedAt) return [];
    const count = (counted.get(session.id) ?? 0) + 1;
    counted.set(session.id, count);
    if (count !== atEvent) return [];
    return [{ at: state.lastSeenAt, now: state, session: session.id, later: steps.slice(index + 1) }];
  });
}

/** What became of a moment; a text where that is not to be learned from. */
type Outcome = 0 | 1 | keyof LeftOut;

const depthOf = (state: VisitorState): number => features(state).maxScrollDepthThisSession;

/** Until it is over nobody knows how deep a visit goes: its last event has to be old enough. */
function depthReached({ now, session, later }: Moment, depth: number, until: number): Outcome {
  if (depthOf(now) >= depth) return "settled";
  const rest = later.filter(({ state }) => state.session?.id === session);
  const end = rest.at(-1)?.state.session?.lastAt ?? now.lastSeenAt;
  if (end + SESSION_GAP >= until) return "censored";
  return rest.some(({ state }) => depthOf(state) >= depth) ? 1 : 0;
}

function outcomeOf(moment: Moment, label: TrainingLabel, until: number): Outcome {
  if (label.kind === "depth") return depthReached(moment, label.depth, until);
  const { at, now, later } = moment;
  const end = at + label.withinMs;
  // Also where it has come true already: who buys at once would be in the table earlier than who does not, and be too many in it.
  if (end > until) return "censored";
  const isIn = (time: number): boolean => time > at && time <= end;
  const came =
    label.kind === "event"
      ? later.some(({ event }) => event.name === label.event && isIn(event.occurredAt))
      : later.some(
          ({ state }) =>
            state.sessions > now.sessions && state.session !== null && isIn(state.session.startedAt),
        );
  return came ? 1 : 0;
}

/**
 * Rows of one visitor. What a row holds is folded from the events up to its moment alone; what became of it is read from those after it. Pure.
 *
 * @param history In the order in which it was folded.
 */
export function visitorRows(
  history: History,
  { label, until, from, atEvent }: { label: TrainingLabel; until: number; from: number; atEvent: number },
): { rows: VisitorRow[]; leftOut: LeftOut } {
  const leftOut: LeftOut = { censored: 0, settled: 0, early: 0 };
  const rows: VisitorRow[] = [];
  for (const moment of momentsOf(stepsOf(history), atEvent)) {
    const outcome = moment.at < from ? "early" : outcomeOf(moment, label, until);
    if (typeof outcome === "string") {
      leftOut[outcome] += 1;
      continue;
    }
    const { device, country } = moment.now.learned.visitor;
    rows.push({
      ...{ features: featureArray(moment.now), label: outcome, at: moment.at },
      ...{ device, region: country },
    });
  }
  return { rows, leftOut };
}
