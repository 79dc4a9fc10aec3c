import { contentHash } from "../kernel/hash.js";
import { type FeatureName, features, MOST } from "./features.js";
import type { FeatureDefinition, FeatureUnit } from "./types.js";

/** Grows when a feature is read differently under the same name and unit. */
const READING = 1;

type Text = readonly [unit: FeatureUnit, max: number, description: string];

/** In the order in which `features` reads them. */
const TEXTS: Readonly<Record<FeatureName, Text>> = {
  sessions: ["count", MOST, "Sessions started so far, the present one included."],
  returning: ["flag", 1, "1 from the second session on."],
  visitFrequency: [
    "per-week",
    MOST,
    "Sessions a week; each session counts half as much two weeks after it began.",
  ],
  daysSinceFirstSeen: ["days", MOST, "From the first event to the latest."],
  daysSincePreviousSession: [
    "days",
    MOST,
    "From the end of the session before to the start of this one; 0 in the first session.",
  ],
  secondsThisSession: ["seconds", MOST, "From the start of this session to the latest event."],
  activeSecondsThisSession: [
    "seconds",
    MOST,
    "Time of attention (page visible, visitor active) in this session.",
  ],
  averageActiveSecondsPerPage: [
    "seconds-per-page",
    MOST,
    "Time of attention per page viewed, over all sessions.",
  ],
  pagesThisSession: ["count", MOST, "Pages viewed in this session."],
  pagesPerSession: ["per-session", MOST, "Pages viewed per session."],
  uniquePageShare: [
    "share",
    1,
    "Pages of this session that were not among the eight before them; 1 is linear exploration.",
  ],
  backtrackRate: [
    "share",
    1,
    "Page views of this session that went back to the page before the last (A, B, A).",
  ],
  maxScrollDepthThisSession: [
    "share",
    1,
    "Deepest point reached on any page of this session; 1 is the end of the page.",
  ],
  averageScrollDepth: ["share", 1, "Deepest point reached, mean over all pages viewed."],
  clicksThisSession: ["count", MOST, "Clicks on elements in this session."],
  clicksPerPage: ["per-page", MOST, "Clicks per page viewed, over all sessions."],
  searchesThisSession: ["count", MOST, "Product searches in this session."],
  interactionsThisSession: [
    "count",
    MOST,
    "Everything the visitor did in this session beyond looking: clicks, searches, cart, the host's own events.",
  ],
  fromCampaign: ["flag", 1, "1 if a campaign brought this session."],
  fromSearchEngine: ["flag", 1, "1 if this session's first page was reached from a search engine."],
  isMobile: ["flag", 1, "1 on a mobile phone."],
  productViews: ["count", MOST, "Products viewed so far."],
  productViewsThisSession: ["count", MOST, "Products viewed in this session."],
  distinctCategories: [
    "count",
    6,
    "Categories the visitor was interested in, as far as the table of six tells them apart.",
  ],
  categoryFocus: [
    "share",
    1,
    "Share of the most frequent category among all categories viewed or added to the cart.",
  ],
  averageViewedPrice: ["money", MOST, "Mean price of the products viewed."],
  discountShare: ["share", 1, "Product views with `discount` above 0 or `on_sale` true: bargain hunting."],
  cartAdds: ["count", MOST, "Additions to the cart so far."],
  cartRemovals: ["count", MOST, "Removals from the cart so far."],
  cartItems: ["count", MOST, "Items in the cart now."],
  cartValue: ["money", MOST, "Value of the cart now."],
  cartIdleDays: [
    "days",
    MOST,
    "From the latest addition to the latest event while the cart holds something; else 0.",
  ],
  checkoutStarts: ["count", MOST, "Checkouts started so far."],
  inCheckout: ["flag", 1, "1 if a checkout was started in this session and not completed."],
  purchases: ["count", MOST, "Orders completed so far."],
  revenue: ["money", MOST, "Sum of the revenue of all orders."],
  daysSinceLastPurchase: [
    "days",
    365,
    "From the latest order to the latest event, at most 365; 365 also for no order at all.",
  ],
};

/** The one list of features: what each means, its unit and range, and how it is read off the state. Browser, server and training share it. */
export const FEATURES: readonly FeatureDefinition[] = /* @__PURE__ */ (
  Object.keys(TEXTS) as FeatureName[]
).map((name) => {
  const [unit, max, description] = TEXTS[name];
  return {
    name,
    description,
    unit,
    range: [0, max],
    purposes: ["personalization"],
    read: (state) => features(state)[name],
  };
});

/** What `FEATURES_VERSION` has to be: a hash of names, units and order, behind the number of the reading. */
export const featuresVersion = (definitions: readonly FeatureDefinition[] = FEATURES): string =>
  `${READING}-${contentHash(definitions.map(({ name, unit }) => `${name}:${unit}`).join())}`;
