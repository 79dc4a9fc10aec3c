import { type EventCatalogue, type EventDefinition, defineEvents } from "./define-events.js";
import { purposesOf } from "./names.js";
import type { KnownEventName } from "./types.js";

/** What is said of one property of a standard event. */
export interface StandardProperty {
  /** As `defineEvents` takes it; `object` and `list` hold what their description says. */
  type: NonNullable<EventDefinition["properties"]>[string] | "object?" | "list?";
  description: string;
  /** What numbers count. */
  unit?: string;
}

export interface StandardEvent {
  description: string;
  /** The option of `browser({ capture })` that sends it; `engine`: `createAttune` does; `host`: the application, by `track` or over HTTP. */
  sender: "host" | "engine" | `capture.${string}`;
  /** Its context holds the element that it is about. */
  element?: true;
  properties: Readonly<Record<string, StandardProperty>>;
}

const SHARE = "share in [0, 1]";
const name = (attribute: string): StandardProperty => ({
  type: "string",
  description: `The value of \`${attribute}\`.`,
});
const PRODUCT = {
  product_id: { type: "string?", description: "The product." },
  category: { type: "string?", description: "Its category." },
  brand: { type: "string?", description: "Its brand." },
  price: { type: "number?", description: "Of one piece.", unit: "currency" },
  quantity: { type: "number?", description: "How many; 1 where absent.", unit: "pieces" },
  currency: { type: "string?", description: "ISO 4217." },
} as const satisfies StandardEvent["properties"];
const CHOSEN = {
  slot: { type: "string", description: "The place." },
  variant: { type: "string", description: "What was chosen." },
  experiment: { type: "string", description: "The experiment." },
  propensity: { type: "number?", description: "The chance of this variant.", unit: SHARE },
  policyVersion: { type: "string?", description: "Of a policy that learns, where it is one." },
  rulesetVersion: { type: "string", description: "By which rules." },
} as const satisfies StandardEvent["properties"];
const FORM = {
  form: {
    type: "string?",
    description:
      "`data-attune-name` of the form, else its `name` or `id`, unless that sounds like something personal.",
  },
  field: {
    type: "string?",
    description: "The field that was changed last, named by the same rule. Never a value, nor its length.",
  },
} as const satisfies StandardEvent["properties"];
const DURATION = {
  durationMs: { type: "number?", description: "Since the form was begun, to the second.", unit: "ms" },
} as const satisfies StandardEvent["properties"];

/**
 * The names that the library knows, with what each carries: for documents and for checking, not needed by pages. Hosts may send further
 * properties with those that are theirs to send.
 */
export const STANDARD_EVENTS: Readonly<Record<KnownEventName, StandardEvent>> = {
  "Page Viewed": {
    description:
      "A page was opened: a document, once more where it comes back from the browser's cache of whole pages, or another address within it. A changed hash is none, nor a changed query by `replaceState`.",
    sender: "capture.pages",
    properties: {},
  },
  "Element Clicked": {
    description: "A click, told of the nearest link, button, field or element with `data-attune-name`.",
    sender: "capture.clicks",
    element: true,
    properties: {},
  },
  "Page Rage Clicked": {
    description:
      "Three clicks of the pointer within a second on the same spot of the same thing; once for each burst. Marking text is none.",
    sender: "capture.rageClicks",
    element: true,
    properties: {},
  },
  "Page Dead Clicked": {
    description:
      "A click on what looks clickable, after which for a second neither document, address, focus, scrolling nor a field changed and no request began. Told three seconds later.",
    sender: "capture.deadClicks",
    element: true,
    properties: {},
  },
  "Page Scrolled": {
    description:
      "The deepest point of the page that came into view: at each further quarter, and at its end.",
    sender: "capture.scroll",
    properties: { depth: { type: "number", description: "Deepest point.", unit: SHARE } },
  },
  "Element Scrolled": {
    description:
      "The deepest point of a marked element that came into view: of its content where it has a scroll bar, else of itself.",
    sender: "capture.elementScroll",
    element: true,
    properties: {
      name: name("data-attune-scroll"),
      depth: { type: "number", description: "Deepest point.", unit: SHARE },
    },
  },
  "Page Engaged": {
    description:
      "Time in which the page was visible, had the focus and somebody was there (a sign of life in the last 30 seconds): every 15 seconds, and at its end.",
    sender: "capture.activeTime",
    properties: {
      activeMs: { type: "number", description: "Active time since the last such event.", unit: "ms" },
    },
  },
  "Element Viewed": {
    description:
      "Half of a marked element, or half of the window, was filled with it; once for each element.",
    sender: "capture.inView",
    element: true,
    properties: { name: name("data-attune-view") },
  },
  "Element Hovered": {
    description: "A mouse or pen rested for half a second on a marked element; each time that it came.",
    sender: "capture.hover",
    element: true,
    properties: { name: name("data-attune-hover") },
  },
  "Form Started": {
    description:
      "A field of a form was changed for the first time, or for the first time since it was submitted.",
    sender: "capture.forms",
    element: true,
    properties: FORM,
  },
  "Form Submitted": {
    description:
      "A form was submitted, by whatever means the page sends it, and the browser found no fault with what was entered.",
    sender: "capture.forms",
    element: true,
    properties: { form: FORM.form, ...DURATION },
  },
  "Form Abandoned": {
    description: "The page was left with a form that was begun and not submitted since.",
    sender: "capture.forms",
    element: true,
    properties: { ...FORM, ...DURATION },
  },
  "Text Copied": {
    description:
      "Something was copied, in an element that has a name or an id, else where the focus was; not what.",
    sender: "capture.copy",
    element: true,
    properties: {},
  },
  "Page Exit Intended": {
    description:
      "A guess that the visitor is about to leave, once per page and not in its first two seconds: the mouse left through the upper edge, or a page that was read was flung up to its top with the fingers.",
    sender: "capture.exitIntent",
    properties: {
      method: { type: ["pointer", "scroll"], description: "By which sign." },
    },
  },
  "Page Vitals Reported": {
    description:
      "One of the Web Vitals, as `web-vitals` measures it, of the address under which the document was loaded.",
    sender: "capture.vitals",
    properties: {
      metric: { type: ["LCP", "INP", "CLS", "FCP", "TTFB"], description: "Which one." },
      value: { type: "number", description: "Its value.", unit: "ms; CLS: score" },
      rating: { type: ["good", "needs-improvement", "poor"], description: "By the thresholds of web.dev." },
      navigation: { type: "string", description: "How the document was come to: `navigate`, `reload`, …" },
    },
  },
  "Page Error Reported": {
    description:
      "An error that nobody caught, or a rejection that nobody handled; the same one once per page, ten at most.",
    sender: "capture.errors",
    properties: {
      type: { type: "string", description: "The error's name, or the type of what was thrown." },
      message: {
        type: "string",
        description: "Masked, without longer quotations, at most 256 characters.",
      },
      kind: { type: ["error", "rejection"], description: "Thrown, or a promise's." },
      origin: { type: "string?", description: "Where the script is from." },
      stack: { type: "string?", description: "Only with `errors: { stack: true }`." },
    },
  },
  "Products Searched": {
    description: "A search.",
    sender: "host",
    properties: { query: { type: "string?", description: "What was searched for; masked." } },
  },
  "Product List Viewed": {
    description: "A list of products was shown.",
    sender: "host",
    properties: {
      list_id: { type: "string?", description: "The list." },
      category: PRODUCT.category,
      products: { type: "list?", description: "Its products, each with the properties of `Product Viewed`." },
    },
  },
  "Product Viewed": { description: "A product was shown.", sender: "host", properties: PRODUCT },
  "Product Added": { description: "A product was put into the cart.", sender: "host", properties: PRODUCT },
  "Product Removed": {
    description: "A product was taken out of the cart.",
    sender: "host",
    properties: PRODUCT,
  },
  "Cart Viewed": {
    description: "The cart was shown.",
    sender: "host",
    properties: { cart_id: { type: "string?", description: "The cart." } },
  },
  "Checkout Started": {
    description: "The checkout was begun.",
    sender: "host",
    properties: {
      order_id: { type: "string?", description: "The order." },
      revenue: { type: "number?", description: "What it is worth.", unit: "currency" },
      currency: PRODUCT.currency,
    },
  },
  "Order Completed": {
    description: "An order was placed: a conversion.",
    sender: "host",
    properties: {
      order_id: { type: "string?", description: "The order." },
      revenue: { type: "number?", description: "What it is worth.", unit: "currency" },
      currency: PRODUCT.currency,
      products: { type: "list?", description: "Its products, each with the properties of `Product Viewed`." },
    },
  },
  "Signed In": { description: "The visitor signed in.", sender: "host", properties: {} },
  "Visitor Identified": {
    description: "`identify`: the visitor turned out to be a user, whose id is the event's `userId`.",
    sender: "engine",
    properties: {
      traits: { type: "object?", description: "What the host says of the user." },
      preferences: { type: "object?", description: "What the user has chosen." },
    },
  },
  "Variant Assigned": {
    description:
      "A variant was chosen for the visitor by chance, of an experiment that is measured; once for each visitor, variant and run.",
    sender: "engine",
    properties: CHOSEN,
  },
  "Variant Rendered": {
    description:
      "What was chosen is in the page, seen or not yet, of an experiment that is measured; once for each visitor, variant and run.",
    sender: "engine",
    properties: CHOSEN,
  },
  "Variant Exposed": {
    description:
      "The visitor saw what was decided; once for each visitor, slot, variant and run of an experiment.",
    sender: "engine",
    properties: {
      slot: { type: "string", description: "The place." },
      variant: { type: "string", description: "What was shown there." },
      experiment: { type: "string?", description: "The experiment, where there is one." },
      holdout: {
        type: "boolean?",
        description: "A holdout kept the visitor out, and what was shown is what everybody sees.",
      },
      bucketVersion: { type: "number?", description: "Of the assignment, where the experiment is sticky." },
      kept: { type: "boolean?", description: "An earlier assignment holds, and nothing was drawn." },
      propensity: { type: "number?", description: "The chance of this variant.", unit: SHARE },
      policyVersion: { type: "string?", description: "Of a policy that learns, where it is one." },
      rulesetVersion: { type: "string", description: "By which rules." },
    },
  },
  "Consent Changed": {
    description: "The visitor decided on consent.",
    sender: "host",
    properties: {},
  },
};

const isCheckable = (
  type: StandardProperty["type"],
): type is NonNullable<EventDefinition["properties"]>[string] => type !== "object?" && type !== "list?";

/**
 * What capture sends, as a catalogue that checks it: `captureCatalogue().check(event.name, event.properties)` is empty for each event that
 * is as this version of the library makes it. Hosts' events are their own, so nothing is known of those.
 */
export function captureCatalogue(): EventCatalogue {
  const captured = Object.entries(STANDARD_EVENTS).filter(([, { sender }]) => sender.startsWith("capture."));
  return defineEvents(
    Object.fromEntries(
      captured.map(([event, { properties }]): [string, EventDefinition] => [
        event,
        {
          purposes: purposesOf(event),
          properties: Object.fromEntries(
            Object.entries(properties).flatMap(([key, { type }]) => (isCheckable(type) ? [[key, type]] : [])),
          ),
        },
      ]),
    ),
  );
}
