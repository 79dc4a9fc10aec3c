import type { Purpose } from "../consent/types.js";
import type { JsonObject } from "../kernel/json.js";

/** Of the event's shape, not of its content: grows when older readers could not understand an event. Parsers refuse any other. */
export const SCHEMA_VERSION = 1;

/** The names that the library itself knows, after Segment's spec where it has one. Any other name is the host's own event. */
export type KnownEventName =
  | "Page Viewed"
  | "Element Clicked"
  /** Deepest point reached on the page at hand: `{ depth }` in [0, 1]. */
  | "Page Scrolled"
  /** Active time on the page at hand since the last such event: `{ activeMs }`. */
  | "Page Engaged"
  | "Element Viewed"
  /** Deepest point reached of an element that the host marked: `{ name, depth }`. */
  | "Element Scrolled"
  /** A pointer rested on an element that the host marked: `{ name }`. */
  | "Element Hovered"
  | "Page Rage Clicked"
  | "Page Dead Clicked"
  /** A sign that the visitor is about to leave: `{ method }`. */
  | "Page Exit Intended"
  | "Page Vitals Reported"
  | "Page Error Reported"
  | "Form Started"
  | "Form Submitted"
  | "Form Abandoned"
  | "Text Copied"
  | "Products Searched"
  | "Product List Viewed"
  | "Product Viewed"
  | "Product Added"
  | "Product Removed"
  | "Cart Viewed"
  | "Checkout Started"
  | "Order Completed"
  | "Signed In"
  /** `identify`: `properties.traits`; the envelope's `userId` is the user. */
  | "Visitor Identified"
  /** A decision was seen: `{ slot, variant, experiment?, propensity?, rulesetVersion }`. */
  | "Variant Exposed"
  | "Consent Changed";

/** How the visitor came: the `utm_…` parameters of the page's address without their prefix (`name` is `utm_campaign`). Read from there only under analytics or marketing. */
export interface CampaignContext {
  source?: string;
  medium?: string;
  name?: string;
  term?: string;
  content?: string;
}

/**
 * Where an event happened. All of it is optional; the page fills in what it can read, after minimisation: addresses without their query,
 * the referrer without its path, `element.text` only where the host captures it. Sizes and positions are CSS pixels.
 */
export interface EventContext {
  page?: { url?: string; path?: string; referrer?: string; title?: string };
  campaign?: CampaignContext;
  device?: { type?: DeviceType };
  viewport?: { width: number; height: number };
  language?: string;
  /** ISO 3166, coarse, as a host or CDN said it. Never an address. */
  country?: string;
  element?: {
    tag?: string;
    id?: string;
    name?: string;
    className?: string;
    text?: string;
    position?: { x: number; y: number };
  };
  [other: string]: unknown;
}

export type DeviceType = "desktop" | "mobile" | "tablet" | "other";

/** The one event. Nothing past the door knows another shape. */
export interface Event {
  /** UUIDv7 made by the client (any text of 1–128 characters without control characters is accepted). */
  id: string;
  schemaVersion: typeof SCHEMA_VERSION;
  site: string;
  /** In the page: the anonymous id. Past the server's door: the subject's pseudonym. */
  visitorId: string;
  /** Null where none was given: the fold derives the session. */
  sessionId: string | null;
  deviceId: string | null;
  userId: string | null;
  /** Per device, rising; null where unknown. */
  seq: number | null;
  /** Device clock, epoch ms (corrected for skew past the server's door). */
  occurredAt: number;
  sentAt: number | null;
  receivedAt: number | null;
  /** Minutes that local time is ahead of UTC. */
  tzOffset: number | null;
  name: string;
  properties: JsonObject;
  context: EventContext;
  /** How long a server keeps it at most, ms, where that is less than it keeps events; absent: as long as it keeps events. */
  retentionMs?: number;
  /** How many events of its name it stands for, where a server under load has kept only some of them; absent: for itself alone. */
  weight?: number;
  /** Fields whose values the server has sealed at its door; each holds a `{ $sealed }` in its place. Absent: none. */
  sealed?: readonly string[];
  /** What versions of models on trial are chosen by, as the server's door says it of the visitor's id where the site's ruleset names models; absent in pages. */
  modelKey?: string;
  /** What was granted when it happened. */
  consent: { purposes: readonly Purpose[]; policyVersion: string | null };
}

/** Money is `{ value, currency? }` flattened as Segment does: `price`, `quantity`, `revenue`, `currency`, `category`, `brand`, `product_id`. */
export interface ShopProperties {
  product_id?: string;
  category?: string;
  brand?: string;
  price?: number;
  quantity?: number;
  revenue?: number;
  currency?: string;
  order_id?: string;
}
