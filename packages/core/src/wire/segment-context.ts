import { type Fields, isFields } from "../events/check.js";
import type { EventContext } from "../events/types.js";

const PAGE = ["url", "path", "referrer", "title"] as const;
const CAMPAIGN = ["source", "medium", "name", "term", "content"] as const;

/**
 * What is not taken over from a message's context under its own name. Some of it is read into a field here (page, campaign, locale, …); the
 * rest tells of the person or the device and is not needed: addresses, agent texts, advertising ids, traits that are repeated with each event.
 */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  "page",
  "campaign",
  "locale",
  "screen",
  "library",
  "app",
  "consent",
  "consentManagement",
  "sessionId",
  "sessionStart",
  "ip",
  "userAgent",
  "userAgentData",
  "user-agent",
  "ua-ch",
  "device",
  "os",
  "network",
  "location",
  "timezone",
  "traits",
  "groupId",
  "groupTraits",
  "externalId",
  "externalIds",
  "address",
  "referrer",
  "amp",
  "active",
  "channel",
  "instanceId",
  "integrations",
  "protocols",
  "metrics",
  // Names that mean something here, and are not a foreign client's to set.
  "element",
  "viewport",
  "language",
  "country",
  "call",
]);

/** What RudderStack's clients write where there is no referrer. */
const NO_REFERRER = "$direct";

/** Those of the keys that hold a text; undefined where none does. */
function textsOf<K extends string>(source: unknown, keys: readonly K[]): { [P in K]?: string } | undefined {
  if (!isFields(source)) return undefined;
  const found: { [P in K]?: string } = {};
  for (const key of keys) {
    const text = source[key];
    if (typeof text === "string" && text !== "" && text !== NO_REFERRER) found[key] = text;
  }
  for (const _ in found) return found;
  return undefined;
}

/** Phones and tablets say so in one way or another; of a browser that says nothing, nothing is known. */
function deviceOf({ device, userAgentData }: Fields): EventContext["device"] {
  const type = isFields(device) ? String(device["type"]).toLowerCase() : "";
  if (type === "desktop" || type === "mobile" || type === "tablet") return { type };
  if (type === "ios" || type === "android") return { type: "mobile" };
  const mobile = isFields(userAgentData) ? userAgentData["mobile"] : undefined;
  return typeof mobile === "boolean" ? { type: mobile ? "mobile" : "desktop" } : undefined;
}

function viewportOf(screen: unknown): EventContext["viewport"] {
  const { innerWidth: width, innerHeight: height } = isFields(screen) ? screen : ({} as Fields);
  return typeof width === "number" && typeof height === "number" ? { width, height } : undefined;
}

/**
 * The context of an event from a message's: what is known here under its name here, and what the host itself added as it is. `call` is the
 * method that was called, as a screen and a page, or an identification and an alias, are one event here.
 *
 * @param page Properties of a page or screen call, whose address and title go before the context's.
 */
export function segmentContext(given: Fields, call: string, page: unknown): EventContext {
  const own = Object.entries(given).filter(([key]) => !NOT_TAKEN.has(key));
  const pageOf = { ...textsOf(given["page"], PAGE), ...textsOf(page, PAGE) };
  const parts = {
    page: textsOf(pageOf, PAGE),
    campaign: textsOf(given["campaign"], CAMPAIGN),
    device: deviceOf(given),
    viewport: viewportOf(given["screen"]),
    language: typeof given["locale"] === "string" ? given["locale"] : undefined,
    library: textsOf(given["library"], ["name", "version"]),
    app: textsOf(given["app"], ["name", "version"]),
  };
  const known = Object.entries(parts).filter(([, part]) => part !== undefined);
  return { ...Object.fromEntries(own), ...Object.fromEntries(known), call };
}
