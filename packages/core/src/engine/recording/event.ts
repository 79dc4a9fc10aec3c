import { grantedPurposes } from "../../consent/grants.js";
import type { Grants } from "../../consent/types.js";
import { type Event, type EventContext, SCHEMA_VERSION } from "../../events/types.js";
import type { IdSource } from "../../kernel/ids.js";
import type { JsonObject } from "../../kernel/json.js";
import type { PageReading } from "../../ports/environment.js";
import { foldSession, startedSession } from "../../state/fold-session.js";
import type { VisitorState } from "../../state/types.js";
import type { Draft } from "../draft.js";
import type { Visitor } from "../visitor-traces.js";

/** As the server's door measures one event, in characters of JSON. */
const MAX_LENGTH = 32 * 1024;
const MAX_NAME = 128;

/** A draft that can be an event. */
export interface Occurrence {
  name: string;
  properties: JsonObject;
  context: EventContext;
  at: number;
  tzOffset: number | null;
}

const pageContext = ({ url, referrer, title, viewport, language, device }: PageReading): EventContext => ({
  page: { url, title, ...(referrer ? { referrer } : {}) },
  viewport,
  language,
  ...(device ? { device: { type: device } } : {}),
});

/** Reads a draft, or says why it cannot be an event. */
export function readDraft({ name, at, tzOffset, text }: Draft): Occurrence | string {
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME) return "invalid-name";
  if (text.length > MAX_LENGTH) return "too-large";
  const [properties, page, context] = JSON.parse(text) as [JsonObject, PageReading | null, EventContext];
  return { name, at, tzOffset, properties, context: { ...(page && pageContext(page)), ...context } };
}

/** The id of the session that an event made now belongs to, by the fold's own rule: the present one's, or a new one. */
export function sessionIdFor(newId: IdSource, state: VisitorState, event: Event): string {
  const after = foldSession(state, event);
  return startedSession(state, after) || !after.session ? newId() : after.session.id;
}

export interface Envelope {
  site: string;
  visitor: Visitor | null;
  seq: number;
  policyVersion: string;
  /** What the event may be used for. */
  grants: Grants;
}

/** The event, still without its session. */
export function makeEvent(
  id: string,
  { name, properties, context, at, tzOffset }: Occurrence,
  { site, visitor, seq, policyVersion, grants }: Envelope,
): Event {
  return {
    id,
    schemaVersion: SCHEMA_VERSION,
    site,
    visitorId: visitor?.id ?? "",
    sessionId: null,
    deviceId: null,
    userId: visitor?.userId ?? null,
    seq,
    occurredAt: at,
    sentAt: null,
    receivedAt: null,
    tzOffset,
    name,
    properties,
    context,
    consent: { purposes: grantedPurposes(grants), policyVersion },
  };
}
