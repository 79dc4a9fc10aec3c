import { FEATURES } from "./definitions.js";

/** What conditions can read under one name. */
export interface AttributeDefinition {
  /** As conditions name it; below a dot, the dotted path. */
  name: string;
  type: "number" | "text" | "any";
  description: string;
  /** Of a number: every value lies in here. */
  range?: readonly [min: number, max: number];
  unit?: string;
  /** Of a text that can be nothing else. */
  values?: readonly string[];
  /** Anything below this name is the host's own: `traits.plan`, `context.cart.total`. */
  open?: true;
}

const text = (name: string, description: string, values?: readonly string[]): AttributeDefinition => ({
  name,
  type: "text",
  description,
  ...(values && { values }),
});
const score = (name: string, description: string): AttributeDefinition => ({
  name: `scores.${name}`,
  type: "number",
  unit: "share",
  range: [0, 1],
  description,
});

/**
 * The one list of what conditions can read of a visitor: every feature, what is known of the visitor and of the present session, the
 * scores, and what the host tells. Texts are at most 32 bytes long; null (`$exists: false`) where unknown.
 */
export const ATTRIBUTES: readonly AttributeDefinition[] = /* @__PURE__ */ list();

function list(): AttributeDefinition[] {
  const features = FEATURES.map(
    ({ name, description, unit, range }): AttributeDefinition => ({
      name,
      type: "number",
      unit,
      range,
      description,
    }),
  );
  return [
    ...features,
    text("topCategory", "The category viewed or added to the cart most often."),
    text("recentCategory", "The category viewed or added to the cart last."),
    text("topBrand", "The brand viewed or added to the cart most often."),
    text("device", "The kind of device of the latest event.", ["desktop", "mobile", "tablet", "other"]),
    text("language", "The browser's language, such as `en-GB`."),
    text("country", "ISO 3166 code, as the host or its CDN says it."),
    text("landing", "Path of the first page of this session."),
    text("referrer", "Host that led to this session, without `www.`."),
    text("referrerKind", "What kind of host that was.", ["direct", "search", "social", "other"]),
    text("campaign.source", "`utm_source` of this session's campaign."),
    text("campaign.medium", "`utm_medium` of this session's campaign."),
    text("campaign.name", "`utm_campaign` of this session's campaign."),
    score("engagement", "How much the visitor is engaged: `engagementScore`."),
    score("intent", "How near the visitor is to buying: `intentScore`."),
    text(
      "userId",
      "Who is logged in, as `identify` said in this page, or as who asks the server says; elsewhere it is not known. To be hashed (`hashAttribute`).",
    ),
    { name: "traits", type: "any", open: true, description: "What `identify(userId, traits)` told." },
    {
      name: "context",
      type: "any",
      open: true,
      description:
        "What the call adds: `decide(slot, { context })` in the page, the third argument on a server. `context.region` is where the visitor is (`US-CA`), where the server or the middleware knows it.",
    },
  ];
}
