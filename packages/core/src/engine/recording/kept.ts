import type { Event } from "../../events/types.js";
import { assignmentsOf } from "../../state/assignments.js";
import { visitorAttributes } from "../../state/attributes.js";
import { initialState } from "../../state/initial-state.js";
import { fold } from "../../state/fold.js";
import { STATE_VERSION, type VisitorState } from "../../state/types.js";
import type { Memberships } from "../../segments/types.js";
import type { Visitor } from "../visitor-traces.js";
import { withSeen } from "./exposures.js";
import { NOTHING_TOLD, type Told } from "./told.js";

/** What the pages of a device keep of a visitor together, as one value, so that its parts never disagree. */
export interface Kept {
  v: 1;
  /** Another one each time that a page has written it. */
  rev?: string;
  visitor: Visitor;
  state: VisitorState;
  segments: Memberships;
  /** What the server had told beside; of pages that heard nothing absent. */
  told?: Told;
  exposures: readonly string[];
  /** The id of the session to come: pages in which it begins at the same moment begin the same one. */
  next?: string;
}

/** What happened in one page, as it changes what all pages keep. */
export interface Happened {
  /** As it was folded: minimised and within consent. */
  event: Event;
  /** Of the page; not of the visitor. */
  page: string;
  /** The visitor turned out to be this user; what is told is added. */
  user?: Omit<Visitor, "id">;
  /** Exposures that the event tells of. */
  seen?: readonly string[];
  /** In which segments the page found the visitor then: for pages that have no rules yet. */
  segments: Memberships;
  /** Where the event began the session to come: the id of the one after. */
  next?: string;
}

/** What a page that leaves has been told, for the pages after it. */
export interface Heard {
  page: string;
  visitorId: string;
  told: Told;
}

/** The segments of whoever is in this state, by the rules and the consent of the page that asks; null where it has no rules yet. */
export type Find = (
  state: VisitorState,
  previous: Memberships,
  traits: Visitor["traits"],
) => Memberships | null;

/** Whether a value from outside is a state this version of the fold can go on from. */
export const isState = (value: unknown): value is VisitorState =>
  typeof value === "object" &&
  value !== null &&
  (value as { v?: unknown }).v === STATE_VERSION &&
  typeof (value as { learned?: unknown }).learned === "object";

/** Null for what this version cannot go on from. */
export function readKept(value: unknown): Kept | null {
  const kept = value as Kept | undefined;
  if (kept?.v !== 1 || !isState(kept.state)) return null;
  try {
    visitorAttributes(kept.state);
    assignmentsOf(kept.state.learned.assignments);
    return kept;
  } catch {
    return null;
  }
}

/** The user told of added to what is known of the visitor. */
export const asUser = (
  { id, traits, preferences }: Visitor,
  { userId, ...told }: Omit<Visitor, "id">,
): Visitor => ({
  id,
  ...(userId === undefined ? {} : { userId }),
  traits: { ...traits, ...told.traits },
  preferences: { ...preferences, ...told.preferences },
});

/** What is kept after one thing more has happened. Pure; what happened to somebody else changes nothing. */
export function afterwards(kept: Kept, happened: Happened | Heard, find: Find): Kept {
  if ("told" in happened)
    return happened.visitorId === kept.visitor.id ? { ...kept, told: happened.told } : kept;
  const { event, user, seen, next } = happened;
  if (event.visitorId !== kept.visitor.id) return kept;
  const visitor = user ? asUser(kept.visitor, user) : kept.visitor;
  const state = fold(kept.state, event);
  return {
    ...kept,
    visitor,
    state,
    segments: find(state, kept.segments, visitor.traits) ?? happened.segments,
    exposures: seen ? withSeen(kept.exposures, seen) : kept.exposures,
    ...(next !== undefined && event.sessionId === kept.next ? { next } : {}),
  };
}

/** Without anything learned or told: what is left where personalization is not allowed any more. */
export const unlearned = (kept: Kept): Kept => ({
  ...kept,
  visitor: { ...kept.visitor, traits: {}, preferences: {} },
  state: { ...kept.state, learned: initialState().learned },
  told: NOTHING_TOLD,
});
