import { isAttuneError } from "@attune/core";
import { deeperThan, memberText, parseJson } from "../http/parse-json.js";
import type { Asked } from "../live/asked-subject.js";

/** What a client may say over a socket. `ref` is the client's own, and comes back with the answer. */
export type ClientMessage =
  | {
      type: "connection";
      asked: Asked;
      /** As given; null: everything. */
      subscriptions: readonly string[] | null;
      lastEventId: string | null;
    }
  | EventMessage;

/** Events that came over a socket. */
export interface EventMessage {
  type: "event" | "batch";
  /** Of the events, as their sender named them. */
  ids: readonly (string | null)[];
  /** What a `POST` of them would hold, to the letter. */
  body: string;
  ref: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

const MAX_SUBSCRIPTIONS = 50;
/** Of what is said of a connection; events have a limit of their own behind the door. */
const MAX_DEPTH = 16;

const text = (value: unknown, max = 256): string | null =>
  typeof value === "string" && value.length <= max ? value : null;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function subscriptionsOf(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  return value.slice(0, MAX_SUBSCRIPTIONS).filter((name): name is string => text(name, 64) !== null);
}

function idOf(event: unknown): string | null {
  const { id, eventId = id } = (event ?? {}) as { id?: unknown; eventId?: unknown };
  return typeof eventId === "string" ? eventId : null;
}

/** @param text The message. */
function bodyOf(text: string, type: EventMessage["type"]): string {
  const sentAt = memberText(text, "sentAt");
  const [sent, events] = [sentAt === null ? "" : `"sentAt":${sentAt}`, memberText(text, "events")];
  const inner = type === "event" ? (memberText(text, "event") ?? "").slice(1, -1) : `"events":${events}`;
  return `{${sent}${sent === "" || inner.trim() === "" ? "" : ","}${inner}}`;
}

/** Reads a message, or says why it is none. */
export function readMessage(data: string): ClientMessage | string {
  let given: unknown;
  try {
    given = parseJson(data);
  } catch (error) {
    return isAttuneError(error) ? error.message : "The message is not JSON.";
  }
  if (!isObject(given)) return "A message is a JSON object with a `type`.";
  const { type, ref } = given;
  if (type === "connection") {
    if (deeperThan(given, MAX_DEPTH)) return "The message nests too deep.";
    const { visitorId, sessionId, userId, subscriptions, lastEventId } = given;
    return {
      type,
      asked: { visitorId, sessionId, userId },
      subscriptions: subscriptionsOf(subscriptions),
      lastEventId: text(lastEventId),
    };
  }
  if (type === "event" && isObject(given.event))
    return { type, ids: [idOf(given.event)], body: bodyOf(data, type), ref: text(ref) };
  if (type === "batch" && Array.isArray(given.events))
    return { type, ids: given.events.map(idOf), body: bodyOf(data, type), ref: text(ref) };
  return 'Send { "type": "connection" }, { "type": "event", "event": { … } } or { "type": "batch", "events": [ … ] }.';
}

/** The frames of each subscription. */
const SUBSCRIPTIONS = {
  behavioral_events: ["behavioral_event", "segment_change", "visitors"],
  segment_changes: ["segment_change"],
  engagement_metrics: ["metrics"],
  exposures: ["exposure"],
  models: ["model", "model_alarm"],
  rulesets: [],
} as const satisfies Record<string, readonly string[]>;

/** Without them a reader would not know where it stands, or would decide by rules that no longer hold. */
const ALWAYS = ["gap", "ping", "ruleset"];

/** Which frames are wanted, and which of the names mean nothing here. */
export interface Wanted {
  /** Null: all. */
  types: ReadonlySet<string> | null;
  known: readonly string[];
  unknown: readonly string[];
}

export function wantedBy(subscriptions: readonly string[] | null): Wanted {
  if (subscriptions === null || subscriptions.length === 0)
    return { types: null, known: Object.keys(SUBSCRIPTIONS), unknown: [] };
  const isKnown = (name: string): name is keyof typeof SUBSCRIPTIONS => Object.hasOwn(SUBSCRIPTIONS, name);
  const known = subscriptions.filter(isKnown);
  return {
    types: new Set([...ALWAYS, ...known.flatMap((name): readonly string[] => SUBSCRIPTIONS[name])]),
    known,
    unknown: subscriptions.filter((name) => !isKnown(name)),
  };
}
