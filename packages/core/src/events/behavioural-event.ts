import { eventName } from "./aliases.js";
import type { Check, Fields } from "./check.js";
import type { Draft, ParseContext } from "./draft.js";
import { readId, readName, readNumber, readText, readTime, readVisitorId } from "./fields.js";
import { isDeviceType } from "./native-event.js";
import { readConsent } from "./parse-consent.js";
import { cleanField } from "./sanitise.js";
import type { CampaignContext, EventContext } from "./types.js";

/** What moves from `eventData` into the envelope or the context. */
const LIFTED = ["timestamp", "url", "referrer", "title", "viewport", "language", "tzOffset"];
/** Their names here, where the library's features read them. */
export const RENAMED: Readonly<Record<string, string>> = {
  productId: "product_id",
  orderId: "order_id",
  searchTerm: "query",
  timeOnPage: "activeMs",
};

const PAGE_KEYS = ["url", "path", "referrer", "title"] as const;
/** Wire key → key; later ones win. */
const CAMPAIGN_KEYS = [
  ["utm_source", "source"],
  ["utm_medium", "medium"],
  ["utm_campaign", "name"],
  ["utm_term", "term"],
  ["utm_content", "content"],
  ["campaign", "name"],
  ["source", "source"],
  ["medium", "medium"],
  ["name", "name"],
  ["term", "term"],
  ["content", "content"],
] as const;
const ELEMENT_KEYS = [
  ["element", "tag"],
  ["elementId", "id"],
  ["className", "className"],
  ["text", "text"],
] as const;
const NOTHING: Fields = {};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the behavioural wire shape (`eventType`, `eventData`, `elementContext`, …). */
export function readBehavioural(check: Check, input: Fields, context: ParseContext): Draft {
  const data = cleanField(check, input, "eventData") as Fields;
  const name = eventName(readName(check, input, "eventType"), context.mapping);
  const dated = data["timestamp"] !== undefined;
  check.stack.push("eventData");
  const tzOffset = readNumber(check, data, "tzOffset", [-1440, 1440]);
  const timestamp = readTime(check, data, "timestamp");
  check.stack.pop();
  return {
    id: readId(check, input, "eventId"),
    name,
    visitorId: readVisitorId(check, input, "anonymousId"),
    sessionId: readId(check, input, "sessionId"),
    deviceId: readId(check, input, "deviceId"),
    userId: readId(check, input, "userId"),
    seq: readNumber(check, input, "seq", [0, Number.MAX_SAFE_INTEGER]),
    occurredAt: dated ? timestamp : readTime(check, input, "timestamp"),
    sentAt: readTime(check, input, "sentAt"),
    tzOffset,
    properties: readProperties(check, input, data, name),
    context: readContext(check, input, data),
    consent: readConsent(check, input, context),
    timeKeys: dated ? ["eventData", "timestamp"] : ["timestamp"],
  };
}

function readProperties(check: Check, input: Fields, data: Fields, name: string): Draft["properties"] {
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(data)) {
    if (!LIFTED.includes(key))
      properties[Object.hasOwn(RENAMED, key) ? (RENAMED[key] as string) : key] = data[key];
  }
  const depth = data["scrollDepth"];
  // Either a share or a percentage: nobody reports a depth of one per cent or less.
  if (name === "Page Scrolled" && typeof depth === "number")
    properties["depth"] ??= Math.min(1, depth > 1 ? depth / 100 : Math.max(0, depth));
  if (input["interactionContext"])
    properties["interaction"] ??= cleanField(check, input, "interactionContext");
  for (const key of ["journeyStage", "conversionGoal"]) {
    const text = readText(check, input, key);
    if (text !== undefined) properties[key] ??= text;
  }
  return properties as Draft["properties"];
}

function readContext(check: Check, input: Fields, data: Fields): EventContext {
  const context: Mutable<EventContext> = {};
  const page = readPage(check, data, cleanField(check, input, "pageContext") as Fields);
  if (page) context.page = page;
  const campaign = readCampaign(check, cleanField(check, input, "campaignContext") as Fields);
  if (campaign) context.campaign = campaign;
  const element = readElement(check, cleanField(check, input, "elementContext") as Fields);
  if (element) context.element = element;
  const device = readText(check, input, "deviceType");
  if (device !== undefined) context.device = { type: isDeviceType(device) ? device : "other" };
  const viewport = sizeOf(data["viewport"]);
  if (viewport) context.viewport = viewport;
  const language = readText(check, data, "language", "eventData");
  if (language !== undefined) context.language = language;
  return context;
}

function readPage(check: Check, data: Fields, given: Fields): EventContext["page"] | null {
  const page: NonNullable<EventContext["page"]> = {};
  for (const key of PAGE_KEYS) {
    // A host's own `path` among the data is a property, not the page's.
    const text =
      (key === "path" ? undefined : readText(check, data, key, "eventData")) ??
      readText(check, given, key, "pageContext");
    if (text !== undefined) page[key] = text;
  }
  return found(page);
}

function readCampaign(check: Check, given: Fields): CampaignContext | null {
  const campaign: CampaignContext = {};
  for (const [wire, key] of CAMPAIGN_KEYS) {
    const text = readText(check, given, wire, "campaignContext");
    if (text !== undefined) campaign[key] = text;
  }
  return found(campaign);
}

function readElement(check: Check, given: Fields): EventContext["element"] | null {
  const element: NonNullable<EventContext["element"]> = {};
  for (const [wire, key] of ELEMENT_KEYS) {
    const text = readText(check, given, wire, "elementContext");
    if (text !== undefined) element[key] = text;
  }
  const { x, y } = (given["position"] ?? NOTHING) as Fields;
  if (typeof x === "number" && typeof y === "number") element.position = { x, y };
  return found(element);
}

/** The object, if there is anything in it. */
function found<T extends object>(object: T): T | null {
  for (const _ in object) return object;
  return null;
}

function sizeOf(value: unknown): EventContext["viewport"] {
  const { width, height } = (value ?? NOTHING) as Fields;
  return typeof width === "number" && typeof height === "number" ? { width, height } : undefined;
}
