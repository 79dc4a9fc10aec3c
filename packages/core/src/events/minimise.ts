import type { JsonObject } from "../kernel/json.js";
import { CARD, isCardNumber, mask } from "./mask.js";
import type { CampaignContext, Event, EventContext } from "./types.js";
import { joinUrl, maskPath, splitUrl } from "./url.js";

/** What `minimise` spares. Both lists are the host's statement that what stands there names nobody; neither takes patterns. */
export interface MinimiseOptions {
  /** Names of query parameters that URLs keep (default none). */
  query?: readonly string[];
  /** Fields that are left as they are, by dotted path, list indexes left out: `properties.traits.email`. */
  keep?: readonly string[];
}

/** Deeper than any event that the server takes; ends circular structures. */
const MAX_DEPTH = 8;
const CONTEXT = "context";
const PAGE = "context.page";
/** Where URLs have rules of their own. */
const LOCATORS = ["url", "referrer", "path"];

const isPage = (name: string, value: unknown): value is NonNullable<EventContext["page"]> =>
  name === "page" && typeof value === "object" && value !== null;
const isLocator = (name: string, value: unknown): boolean =>
  typeof value === "string" && LOCATORS.includes(name);

const MAX_TEXT = 1024;
/** What is looked at in the first place. */
const MAX_INPUT = 8192;
/** Titles and the text of elements. */
const MAX_CAPTION = 256;

/** Names of things, not of people: numbers and random-looking parts are what they are made of. */
const IDENTIFIERS = [
  "product_id",
  "productId",
  "order_id",
  "orderId",
  "cart_id",
  "checkout_id",
  "list_id",
  "sku",
  "slot",
  "variant",
  "experiment",
  "policyVersion",
  "rulesetVersion",
];
/** Whatever stands here is not for us, in whatever form it comes. */
const SECRET = /passw|secret|token|cvv|cvc|iban|api_?key|authoriz/i;

/** URLs within a text, as in an error message. Bounded, so that the search is linear. */
const LINKS = /[a-z][a-z\d+.-]{1,20}:\/\/[^\s"<>]+/gi;

const CAMPAIGN: Readonly<Record<string, keyof CampaignContext>> = {
  utm_source: "source",
  utm_medium: "medium",
  utm_campaign: "name",
  utm_term: "term",
  utm_content: "content",
};

/**
 * Leaves in an event only what it needs to be understood (T34). URLs, also those within a text, lose their credentials, their fragment
 * and all of their query but allowed names; the referrer its path too. Addresses, phone and card numbers and tokens are masked in every
 * text, and so are numbers that read as a card's; values of secret-looking keys are replaced whole; texts are cut to 1,024 characters,
 * titles and element texts to 256. Campaign parameters move to `context.campaign` first, if the event's consent covers analytics or
 * marketing. What JSON cannot carry becomes null. Keys, all other numbers and the envelope's ids stay.
 *
 * The page does this before its own fold and queue, the server's door again: idempotent, linear in the size of the event.
 */
export function minimise(event: Event, options: MinimiseOptions = {}): Event {
  return {
    ...event,
    properties: walk(event.properties, "", "properties", 0, options) as JsonObject,
    context: minimiseContext(event, options),
  };
}

function minimiseContext({ context, consent }: Event, options: MinimiseOptions): EventContext {
  const result = walk(context, "", CONTEXT, 0, options) as EventContext;
  if (!isPage("page", context.page)) return result;
  const page = { ...(walk(context.page, "", PAGE, 1, options) as NonNullable<EventContext["page"]>) };
  const { url, referrer, path } = context.page;
  if (typeof url !== "string" && typeof path === "string")
    page.path = maskPath(path.split(/[?#]/, 1)[0] as string);
  if (typeof referrer === "string") page.referrer = splitUrl(referrer).origin;
  if (typeof url !== "string") return { ...result, page };
  const parts = splitUrl(url);
  page.path = maskPath(parts.path);
  page.url = joinUrl(parts, page.path, options.query);
  const covered = consent.purposes.includes("analytics") || consent.purposes.includes("marketing");
  const campaign = covered && parts.query.includes("utm_") ? campaignOf(parts.query, options) : null;
  return campaign ? { ...result, campaign: { ...campaign, ...result.campaign }, page } : { ...result, page };
}

function campaignOf(query: string, options: MinimiseOptions): CampaignContext | null {
  const campaign: CampaignContext = {};
  for (const pair of query.split("&")) {
    const [name = "", value] = pair.split("=", 2);
    if (value && Object.hasOwn(CAMPAIGN, name)) {
      campaign[CAMPAIGN[name] as keyof CampaignContext] = minimiseText(decode(value), "title", options);
    }
  }
  return Object.keys(campaign).length ? campaign : null;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.replace(/\+/g, " "));
  } catch {
    return value;
  }
}

/** The value with its texts minimised; the same object where nothing changed. */
function walk(value: unknown, key: string, path: string, depth: number, options: MinimiseOptions): unknown {
  const kept = options.keep?.includes(path);
  switch (typeof value) {
    case "string":
      return kept ? value : minimiseText(value, key, options);
    case "number":
      if (!Number.isFinite(value)) return null;
      return SECRET.test(key) ? "[redacted]" : !kept && isCardNumber(value) ? CARD : value;
    case "boolean":
    case "undefined":
      return value;
    case "object":
      break;
    default:
      return null;
  }
  if (value === null || depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) {
    let list: unknown[] = value;
    for (let i = 0; i < value.length; i++) {
      const item = walk(value[i], key, path, depth + 1, options);
      if (item !== value[i]) (list = list === value ? value.slice() : list)[i] = item;
    }
    return list;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return walk(toJSON.call(value, key), key, path, depth + 1, options);
  const given = value as Record<string, unknown>;
  let object = given;
  for (const name of Object.keys(given)) {
    if (
      depth === 0
        ? path === CONTEXT && isPage(name, given[name])
        : depth === 1 && path === PAGE && isLocator(name, given[name])
    )
      continue;
    if (name === "__proto__") {
      object = { ...object };
      delete object[name];
      continue;
    }
    const inner = walk(given[name], name, options.keep ? `${path}.${name}` : path, depth + 1, options);
    if (inner !== given[name]) (object = object === given ? { ...given } : object)[name] = inner;
  }
  return object;
}

function minimiseUrl(url: string, { query }: MinimiseOptions): string {
  const parts = splitUrl(url);
  return joinUrl(parts, maskPath(parts.path), query);
}

function minimiseText(text: string, key: string, options: MinimiseOptions): string {
  if (SECRET.test(key)) return "[redacted]";
  if (/^https?:\/\//i.test(text)) return minimiseUrl(text, options);
  const identifiers = IDENTIFIERS.includes(key);
  const limit = key === "title" || key === "text" ? MAX_CAPTION : MAX_TEXT;
  const short = text.includes("://") ? text.replace(LINKS, (url) => minimiseUrl(url, options)) : text;
  // Masked first, so that no half of an address survives the cut; without leaving half of a surrogate pair behind.
  const masked = mask(short.slice(0, MAX_INPUT), identifiers);
  return masked.length > limit
    ? mask(masked.slice(0, masked.charCodeAt(limit - 1) >> 10 === 0x36 ? limit - 1 : limit), identifiers)
    : masked;
}
