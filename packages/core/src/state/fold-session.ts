import type { CampaignContext, Event } from "../events/types.js";
import { fnv1a32 } from "../kernel/hash.js";
import { decay } from "../kernel/math.js";
import { unknownArrival } from "./initial-state.js";
import { label } from "./label.js";
import {
  type Figures,
  type LearnedState,
  SESSION_FIGURES,
  type SessionState,
  type VisitorState,
} from "./types.js";

/** A derived session ends after this much inactivity (strictly more), ms. */
export const SESSION_GAP = 1_800_000;
/** Session starts count half after this long, ms. */
export const RATE_HALF_LIFE = 14 * 86_400_000;

const KNOWN_IDS = 8;

/** A given session id as the state keeps it: bounded and free of JSON escapes; null for none. */
const sessionKey = (id: string | null): string | null =>
  !id || label(id, 64) === id ? id || null : `h-${fnv1a32(id)}`;

const campaignHash = ({ source, medium, name }: CampaignContext): number | null =>
  source || medium || name ? fnv1a32([source, medium, name].join("\n")) : null;

/**
 * What the event does to sessions, and nothing else: the one thing that is counted without personalization consent.
 *
 * - A given id is authoritative: unknown among the last eight given ids it starts a session, known it does not, whatever the gap.
 * - Without an id a session is derived: a new one after more than 30 minutes without activity, or when a campaign appears that is not
 *   the present session's. Within 30 minutes of a given session the event joins that one.
 * - A late event makes no duration negative. Without an id it never starts a session (from more than 30 minutes before the present one
 *   began, it is of the past and changes nothing of it); with an unknown id it counts one, which becomes the present session only if it
 *   began no earlier than the present one did.
 *
 * Always returns a new object. `learned` changes only in that a session begins with a blank visit.
 */
export function foldSession(state: VisitorState, event: Event): VisitorState {
  const { session, learned } = state;
  const at = event.occurredAt;
  // Most events carry the id of the session at hand, which is a key already.
  const id = session && event.sessionId === session.id ? session.id : sessionKey(event.sessionId);
  const campaign = event.context.campaign ? campaignHash(event.context.campaign) : null;
  const current = session !== null && id === session.id;
  const hash = id === null || current ? null : fnv1a32(id);
  let counted = !session;
  if (session && !current) {
    if (hash !== null) counted = !session.recent.includes(hash);
    else
      counted =
        at - session.lastAt > SESSION_GAP ||
        (at >= session.lastAt && campaign !== null && campaign !== session.campaign);
  }
  let recent = session ? session.recent : [];
  if (counted && hash !== null) recent = [...recent.slice(1 - KNOWN_IDS), hash];
  const starts = !session || (counted && at >= session.startedAt);
  const next: SessionState = starts
    ? {
        id: id ?? `d-${at.toString(36)}-${fnv1a32(event.visitorId).toString(36)}`,
        derived: id === null,
        startedAt: at,
        lastAt: at,
        recent,
        campaign,
        previousAt: session && session.lastAt,
        rate: session ? 1 + session.rate * decay(at - session.startedAt, RATE_HALF_LIFE) : 1,
      }
    : {
        id: session.id,
        derived: session.derived,
        // A late event that belongs to the session moves its start back.
        startedAt:
          current || (id === null && at >= session.startedAt - SESSION_GAP)
            ? Math.min(session.startedAt, at)
            : session.startedAt,
        lastAt: Math.max(session.lastAt, at),
        recent,
        campaign: campaign !== null && at >= session.startedAt ? campaign : session.campaign,
        previousAt: session.previousAt,
        rate: counted ? session.rate + 1 : session.rate,
      };
  return {
    v: state.v,
    firstSeenAt: session ? Math.min(state.firstSeenAt, at) : at,
    lastSeenAt: next.lastAt,
    sessions: counted ? state.sessions + 1 : state.sessions,
    session: next,
    learned: starts ? begin(learned) : learned,
  };
}

/** The same knowledge, with a session of which nothing is known yet. */
const begin = (learned: LearnedState): LearnedState => ({
  ...learned,
  arrival: unknownArrival(),
  trail: [],
  figures: learned.figures.slice().fill(0, 0, SESSION_FIGURES) as Figures,
});

/** Whether the event between two states started a session. */
export const startedSession = (before: VisitorState, after: VisitorState): boolean =>
  after.sessions > before.sessions;

/**
 * The id of the session that the event just folded belongs to: its own if it has one, else the present one; null for a late event of a
 * past that nothing is known of.
 */
export function sessionOf(after: VisitorState, event: Event): string | null {
  const { session } = after;
  return (
    sessionKey(event.sessionId) ?? (session && event.occurredAt >= session.startedAt ? session.id : null)
  );
}
