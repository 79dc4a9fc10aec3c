import type { ConsentRecord, Purpose } from "../consent/types.js";
import type { Event } from "../events/types.js";
import type { Memberships } from "../segments/types.js";
import { fold, initialState } from "../state/index.js";
import type { VisitorState } from "../state/types.js";
import { contributions } from "./contributions.js";
import { narrowToConsent } from "./narrow.js";
import type { EventRecord, PendingEffects, VisitorRecord } from "./records.js";
import type { EventOutcome } from "./types.js";

export type Evaluate = (
  state: VisitorState,
  previous: Memberships,
  traits: Traits,
  purposes: readonly Purpose[],
) => Memberships;
export type Traits = Readonly<Record<string, unknown>>;

export interface HashedEvent {
  event: Event;
  hash: number;
}

/** All that is known when a visitor's part of a batch is folded. */
export interface VisitorInput {
  record: VisitorRecord | null;
  traits: Traits;
  consent: ConsentRecord | null;
  /** Hashes of the bodies already taken, by event id. */
  taken: ReadonlyMap<string, number>;
  /** Hashes of the bodies already refused as conflicts, by event id. */
  conflicts: ReadonlyMap<string, readonly number[]>;
  /** When users were erased, by user: what was received until then is not folded. */
  erasedUsers: ReadonlyMap<string, number>;
  /** Users this visitor is already linked to. */
  linked: ReadonlySet<string>;
  /** Effects up to this one are counted. */
  applied: number;
}

export interface VisitorPlan {
  /** One per entry. */
  outcomes: EventOutcome[];
  /** Null where nothing is to be written. */
  record: VisitorRecord | null;
  events: EventRecord[];
  /** Null where they did not change. */
  traits: Traits | null;
  conflicts: Map<string, readonly number[]>;
  links: string[];
}

/** Traits kept per visitor; an identification that would lead beyond adds none. */
const MAX_TRAITS = 256;
/** Different bodies remembered per event id; more are refused all the same, but no longer counted. */
const MAX_CONFLICTS = 16;

function traitsIn(event: Event): Traits | null {
  const { traits } = event.properties;
  if (
    event.name !== "Visitor Identified" ||
    event.userId === null ||
    !event.consent.purposes.includes("personalization")
  )
    return null;
  return typeof traits === "object" && traits !== null && !Array.isArray(traits) ? (traits as Traits) : null;
}

function mergeTraits(traits: Traits, given: Traits): Traits {
  const merged = { ...traits, ...given };
  return Object.keys(merged).length <= MAX_TRAITS ? merged : traits;
}

/** The pure heart of the worker: what a visitor's partition becomes when these entries meet it, in their order. */
export function foldVisitor(
  input: VisitorInput,
  entries: readonly HashedEvent[],
  evaluate: Evaluate,
): VisitorPlan {
  const taken = new Map(input.taken);
  const conflicts = new Map<string, readonly number[]>();
  const links = new Set<string>();
  const events: EventRecord[] = [];
  const counting = contributions(input.record);
  let state = input.record?.state ?? initialState();
  let segments = input.record?.segments ?? {};
  let traits = input.traits;

  function take({ event: logged, hash }: HashedEvent): EventOutcome {
    const known = taken.get(logged.id);
    if (known === hash) return "duplicate";
    if (known !== undefined) {
      const seen = conflicts.get(logged.id) ?? input.conflicts.get(logged.id) ?? [];
      if (seen.includes(hash) || seen.length >= MAX_CONFLICTS) return "conflict";
      conflicts.set(logged.id, [...seen, hash]);
      counting.conflict();
      return "conflict";
    }
    const erasedAt = logged.userId === null ? undefined : input.erasedUsers.get(logged.userId);
    if (erasedAt !== undefined && erasedAt >= (logged.receivedAt ?? 0)) return "erased";
    // Sent later, but about what was before: nothing of it is kept, and whoever sends it cannot have a visitor erased by it.
    if (erasedAt !== undefined && erasedAt >= logged.occurredAt) return "withheld";
    const event = narrowToConsent(logged, input.consent);
    if (event === null) return "withheld";
    taken.set(event.id, hash);
    events.push({ v: 1, hash, event });
    if (event.userId !== null && !input.linked.has(event.userId)) links.add(event.userId);
    const given = traitsIn(event);
    if (given !== null) traits = mergeTraits(traits, given);
    state = fold(state, event);
    segments = evaluate(state, segments, traits, event.consent.purposes);
    counting.add(event, state, segments);
    return "folded";
  }

  const outcomes = entries.map(take);
  const open = input.record?.pending.filter((effects) => effects.seq > input.applied) ?? [];
  if (events.length === 0 && conflicts.size === 0)
    return { outcomes, record: null, events, traits: null, conflicts, links: [] };

  const { delta, sessions, ...counted } = counting.result();
  const seq = (input.record?.seq ?? 0) + 1;
  const effects: PendingEffects = {
    seq,
    counts: delta,
    sessions: Array.from(sessions, ([session, converted]) => ({ session, converted })),
    links: [...links],
  };
  const nothing = Object.keys(delta).length + sessions.size + links.size === 0;
  return {
    outcomes,
    record: {
      v: 1,
      state,
      segments,
      ...counted,
      ...(nothing ? { seq: seq - 1, pending: open } : { seq, pending: [...open, effects] }),
    },
    events,
    traits: traits === input.traits ? null : traits,
    conflicts,
    links: [...links],
  };
}
