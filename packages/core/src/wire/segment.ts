import { type Fields, isFields } from "../events/check.js";
import { MAX_ID } from "../events/fields.js";
import { type ConsentCategories, segmentConsent } from "./segment-consent.js";
import { segmentContext } from "./segment-context.js";

/** The calls of the Segment HTTP tracking API. */
export const SEGMENT_CALLS = ["track", "page", "screen", "identify", "group", "alias"] as const;
export type SegmentCall = (typeof SEGMENT_CALLS)[number];

export interface SegmentReading {
  /** What the route says; absent in a batch, where each message says it itself (`type`). */
  call?: SegmentCall;
  /** The body of a batch: what it says of its sending and context holds for its messages, where they say nothing themselves. */
  batch?: Fields;
  /** What the site's consent platform calls the purposes. Default: their names here alone. */
  categories?: ConsentCategories;
}

/** What clients put into the properties of a page or screen call by themselves; it stands in the context here. */
const AUTOMATIC: ReadonlySet<string> = new Set([
  "url",
  "path",
  "referrer",
  "title",
  "search",
  "tab_url",
  "referring_domain",
  "initial_referrer",
  "initial_referring_domain",
]);

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/**
 * A message of the Segment HTTP tracking API, in the library's own envelope, to be read by `parseEvent` like any other event. What is no
 * message of that API comes out as something that `parseEvent` refuses, with its reasons.
 *
 * - `track` keeps its name. `page` and `screen` are a `Page Viewed` (`context.call` tells which), `identify` a `Visitor Identified` with its
 *   traits, `group` a `Group Joined`.
 * - `alias` is a `Visitor Identified` of the visitor that was anonymous until now: that links it to the user. Two user ids are not joined,
 *   since a public key must not be able to make one person of two.
 * - The message id is the event's id, so that what is sent again takes effect once. Times are the client's (`originalTimestamp`, else
 *   `timestamp`), corrected as ever by `sentAt`.
 * - `context.sessionId`, where a client counts sessions by itself, names a session only together with who had it.
 * - `integrations` say where Segment sends things on to, which is nothing here.
 */
export function fromSegment(message: unknown, { call, batch = {}, categories }: SegmentReading): unknown {
  if (!isFields(message)) return message;
  const type = call ?? SEGMENT_CALLS.find((each) => each === message["type"]);
  const context = { ...fieldsOf(batch["context"]), ...fieldsOf(message["context"]) };
  const { anonymousId, userId } = whoseOf(message, type);
  const consent = segmentConsent(context, categories);
  const page = type === "page" || type === "screen" ? message["properties"] : undefined;
  return {
    id: message["messageId"],
    name: type === undefined ? undefined : nameOf(message, type),
    visitorId: anonymousId,
    userId,
    sessionId: sessionOf(context["sessionId"], anonymousId ?? userId),
    occurredAt: message["originalTimestamp"] ?? message["timestamp"] ?? batch["timestamp"],
    sentAt: message["sentAt"] ?? batch["sentAt"],
    properties: propertiesOf(message, type, context),
    context: segmentContext(context, type ?? "", page),
    ...(consent !== undefined && { consent }),
  };
}

/** Clients write an empty text for nobody. */
const given = (id: unknown): unknown => (id === "" || id === null ? undefined : id);

/** In an alias the earlier id is the visitor's, unless the sender says itself which visitor it is. */
function whoseOf(message: Fields, type: SegmentCall | undefined) {
  const userId = given(message["userId"]);
  const earlier = type === "alias" ? given(message["previousId"]) : undefined;
  return { anonymousId: given(message["anonymousId"]) ?? earlier, userId };
}

function nameOf({ event }: Fields, type: SegmentCall): unknown {
  switch (type) {
    case "track":
      return event;
    case "page":
    case "screen":
      return "Page Viewed";
    case "identify":
    case "alias":
      return "Visitor Identified";
    case "group":
      return "Group Joined";
  }
}

/** They count in milliseconds or by one: two visitors may well have the same. What is too long for a name is none, and the session is derived. */
function sessionOf(session: unknown, whose: unknown): string | undefined {
  const isNamed = typeof session === "number" || (typeof session === "string" && session !== "");
  if (!isNamed || (typeof whose !== "string" && typeof whose !== "number")) return undefined;
  const name = `${whose}.${session}`;
  return name.length <= MAX_ID ? name : undefined;
}

function propertiesOf(message: Fields, type: SegmentCall | undefined, context: Fields): unknown {
  const { properties, traits, name, category, groupId } = message;
  switch (type) {
    case "identify":
      // RudderStack's clients have them in the context alone.
      return { traits: traits ?? context["traits"] ?? {} };
    case "group":
      return { ...(groupId !== undefined && { groupId }), traits: traits ?? {} };
    case "alias":
      return {};
    case "page":
    case "screen": {
      if (properties !== undefined && properties !== null && !isFields(properties)) return properties;
      const own = Object.entries(fieldsOf(properties)).filter(([key]) => !AUTOMATIC.has(key));
      return withTexts(Object.fromEntries(own), { name, category });
    }
    default:
      return properties ?? {};
  }
}

function withTexts(properties: Record<string, unknown>, texts: Fields): Record<string, unknown> {
  for (const [key, text] of Object.entries(texts))
    if (typeof text === "string" && text !== "") properties[key] ??= text;
  return properties;
}
