import type { ConsentRecord, Purpose } from "../../consent/types.js";
import type { ModelScores } from "../../decisions/model-scores.js";
import type { Event } from "../../events/types.js";
import type { Memberships } from "../../segments/types.js";
import { fold, initialState } from "../../state/index.js";
import type { VisitorState } from "../../state/types.js";
import { inherited, narrowToConsent } from "../door/narrow.js";
import type { Measuring } from "../experiments/measures.js";
import { minuteAt, minuteOf } from "../figures/rollups.js";
import type { EventRecord, PendingEffects, VisitorRecord } from "../layout/records.js";
import type { EventOutcome } from "../types.js";
import { segmentsIn } from "../effects/standings.js";
import { standingPurposes } from "./standing-purposes.js";
import { contributions } from "./contributions.js";

/** Whom segments are evaluated for. */
export interface Evaluated {
  state: VisitorState;
  previous: Memberships;
  traits: Traits;
  purposes: readonly Purpose[];
  /** What models say of this state. */
  scores?: ModelScores | undefined;
}
export type Evaluate = (visitor: Evaluated) => Memberships;
export type Traits = Readonly<Record<string, unknown>>;

/** What the site's ruleset says of the fold. */
export interface FoldRules {
  evaluate: Evaluate;
  measuring: Measuring | null;
  /** Names the ruleset; empty where there is none. */
  version: string;
  /** Of the past: when and how memberships were found between events, by the rulesets that were published after the one of this version, up to this one. */
  since?: (version: string) => readonly Pass[];
}

/** Once that everybody's memberships were found by a ruleset that was published. */
export interface Pass {
  /** When the ruleset was published, epoch ms. */
  at: number;
  evaluate: Evaluate;
}

/** The decision that stood at a time, epoch ms. */
export type DecisionAt = (at: number) => ConsentRecord | null;

export interface HashedEvent {
  event: Event;
  hash: number;
}

/** All that is known when a visitor's part of a batch is folded. */
export interface VisitorInput {
  record: VisitorRecord | null;
  traits: Traits;
  consent: ConsentRecord | null;
  /** Of the past: what stood between the visitor's events. */
  decisionAt?: DecisionAt;
  /** Hashes of the bodies already taken, by event id. */
  taken: ReadonlyMap<string, number>;
  /** Hashes of the bodies already refused as conflicts, by event id. */
  conflicts: ReadonlyMap<string, readonly number[]>;
  /** What users have decided, by user. */
  userConsents: ReadonlyMap<string, ConsentRecord>;
  /** The version of the record of the visitor's decision, and of each user's; 0: there is none. */
  consentVersion: number;
  userConsentVersions: ReadonlyMap<string, number>;
  /** When users were erased, by user: what was received until then is not folded. */
  erasedUsers: ReadonlyMap<string, number>;
  /** Users this visitor is already linked to. */
  linked: ReadonlySet<string>;
  /** Users whose links are to be kept longer, since the visitor has come again. */
  relinked: readonly string[];
  /** Effects up to this one are counted. */
  applied: number;
  /** Whether the note of how far the visitor is counted would be gone before the state, and so has to be written anew. */
  recounted: boolean;
  /** Until when what is made of these entries is kept, epoch ms; until when links are, and sessions. */
  until: number;
  linkedUntil: number;
  sessionsUntil: number;
  /** Whether minutes are told apart in what is to be counted. */
  rollups: boolean;
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
  /** Links to be written, new ones and those to be kept longer. */
  links: string[];
  /** What the visitor's decision becomes by that of a user that it turned out to be; null where it stays. */
  consent: ConsentRecord | null;
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
  { evaluate, measuring, version, since }: FoldRules,
): VisitorPlan {
  const taken = new Map(input.taken);
  const conflicts = new Map<string, readonly number[]>();
  const links = new Set<string>();
  const events: EventRecord[] = [];
  const counting = contributions(input.record, input.rollups ? minuteOf : null, measuring);
  let state = input.record?.state ?? initialState();
  let segments = input.record?.segments ?? {};
  let traits = input.traits;
  const before = input.record?.assessed;
  let purposes = before?.purposes ?? [];
  let modelKey = input.record?.modelKey;
  let consent = input.consent;

  /** The decision of a user holds for a visitor from its first event that names the user, and a later one from the next such event. */
  function heed(user: string): void {
    const users = input.userConsents.get(user);
    if (users === undefined) return;
    const isNew = !input.linked.has(user) && !links.has(user);
    if (isNew || users.decidedAt > (consent?.decidedAt ?? Number.NEGATIVE_INFINITY))
      consent = inherited(consent, users);
  }

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
    if (logged.userId !== null) heed(logged.userId);
    const event = narrowToConsent(logged, consent);
    if (event === null) return "withheld";
    taken.set(event.id, hash);
    events.push({ v: 1, hash, event });
    if (event.userId !== null && !input.linked.has(event.userId)) links.add(event.userId);
    // What changed meanwhile is the rules: who was not brought in line with them yet is now, as they were before this event.
    if (events.length === 1 && before !== undefined && before.rules !== version) {
      for (const pass of since?.(before.rules) ?? []) {
        const purposes = standingPurposes(before.purposes, input.decisionAt?.(pass.at) ?? null);
        segments = pass.evaluate({ state, previous: segments, traits, purposes });
        if (purposes.includes("analytics"))
          counting.stand(segments, input.rollups ? minuteAt(pass.at) : null);
      }
      const purposes = standingPurposes(before.purposes, input.consent);
      segments = evaluate({ state, previous: segments, traits, purposes });
    }
    const given = traitsIn(event);
    if (given !== null) traits = mergeTraits(traits, given);
    state = fold(state, event);
    segments = evaluate({ state, previous: segments, traits, purposes: event.consent.purposes });
    ({ purposes } = event.consent);
    modelKey = event.modelKey ?? modelKey;
    counting.add(event, state, segments);
    return "folded";
  }

  const outcomes = entries.map(take);
  const open = input.record?.pending.filter((effects) => effects.seq > input.applied) ?? [];
  const said = consent === input.consent ? null : consent;
  if (events.length === 0 && conflicts.size === 0)
    return { outcomes, record: null, events, traits: null, conflicts, links: [], consent: said };

  const newLinks = [...links];
  for (const user of input.relinked) links.add(user);
  const { delta, sessions, minutes, ...counted } = counting.result();
  // The note of how far the visitor is counted outlasts the state: for who comes back in between, numbers go on behind it.
  const seq = Math.max(input.record?.seq ?? 0, input.applied) + 1;
  const earlier = input.sessionsUntil < input.until ? { until: input.sessionsUntil } : null;
  // Whose state had its end is still counted in the segments of before, until this or a sweep says otherwise.
  const isBack = input.record === null && input.applied > 0;
  const stands = segmentsIn(counted.counts);
  const stood = isBack || segmentsIn(input.record?.counts ?? {}).length > 0;
  const effects: PendingEffects = {
    seq,
    counts: delta,
    ...((stood || stands.length > 0) && { stands }),
    ...(Object.keys(minutes).length > 0 && { minutes }),
    sessions: Array.from(sessions, ([session, part]) => ({ session, ...part, ...earlier })),
    links: [...links],
    ...(newLinks.length > 0 && {
      decisions: {
        own: input.consentVersion + (said === null ? 0 : 1),
        users: Object.fromEntries(newLinks.map((user) => [user, input.userConsentVersions.get(user) ?? 0])),
      },
    }),
    until: input.until,
  };
  const nothing = Object.keys(delta).length + sessions.size + links.size === 0 && !input.recounted && !isBack;
  const linked = input.relinked.length > 0 ? undefined : input.record?.linkedUntil;
  const linkedUntil = linked ?? (links.size > 0 ? input.linkedUntil : undefined);
  return {
    outcomes,
    record: {
      v: 1,
      state,
      segments,
      ...counted,
      ...(linkedUntil !== undefined && { linkedUntil }),
      ...(events.length > 0 ? { assessed: { rules: version, purposes } } : before && { assessed: before }),
      ...(modelKey !== undefined && { modelKey }),
      ...(nothing ? { seq: seq - 1, pending: open } : { seq, pending: [...open, effects] }),
    },
    events,
    traits: traits === input.traits ? null : traits,
    conflicts,
    links: [...links],
    consent: said,
  };
}
