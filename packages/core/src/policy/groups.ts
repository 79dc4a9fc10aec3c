import { STANDARD_EVENTS } from "../events/standard-events.js";
import type { KnownEventName } from "../events/types.js";
import type { FeatureName } from "../state/features.js";
import type { LearnedGroup, RecordedGroup } from "./types.js";

/** What `browser(…)` and the engine record without being told to. */
export const capturedEvents = (): string[] => [
  ...Object.keys(STANDARD_EVENTS).filter((name) =>
    STANDARD_EVENTS[name as KnownEventName].sender.startsWith("capture."),
  ),
  "Variant Assigned",
  "Variant Rendered",
  "Variant Exposed",
  "Consent Changed",
];

/** Events that people need not tell apart. One that is not here stands under its own name. */
export const RECORDED: Readonly<Partial<Record<string, RecordedGroup>>> = {
  "Page Viewed": "pages",
  "Element Clicked": "clicks",
  "Page Rage Clicked": "trouble",
  "Page Dead Clicked": "trouble",
  "Page Scrolled": "scrolling",
  "Element Scrolled": "scrolling",
  "Page Engaged": "attention",
  "Element Viewed": "views",
  "Element Hovered": "hovering",
  "Form Started": "forms",
  "Form Submitted": "forms",
  "Form Abandoned": "forms",
  "Text Copied": "copying",
  "Page Exit Intended": "leaving",
  "Page Vitals Reported": "technical",
  "Page Error Reported": "technical",
  "Products Searched": "searches",
  "Product List Viewed": "products",
  "Product Viewed": "products",
  "Product Added": "cart",
  "Product Removed": "cart",
  "Cart Viewed": "cart",
  "Checkout Started": "orders",
  "Order Completed": "orders",
  "Signed In": "account",
  "Visitor Identified": "account",
  "Variant Assigned": "variants",
  "Variant Rendered": "variants",
  "Variant Exposed": "variants",
  "Consent Changed": "choice",
} satisfies Record<KnownEventName, RecordedGroup>;

/** Features that people need not tell apart. One that is not here stands with its own description. */
export const LEARNED: Readonly<Partial<Record<string, LearnedGroup>>> = {
  sessions: "visits",
  returning: "visits",
  visitFrequency: "visits",
  daysSinceFirstSeen: "visits",
  daysSincePreviousSession: "visits",
  secondsThisSession: "reading",
  activeSecondsThisSession: "reading",
  averageActiveSecondsPerPage: "reading",
  pagesThisSession: "reading",
  pagesPerSession: "reading",
  uniquePageShare: "reading",
  backtrackRate: "reading",
  maxScrollDepthThisSession: "reading",
  averageScrollDepth: "reading",
  clicksThisSession: "actions",
  clicksPerPage: "actions",
  searchesThisSession: "actions",
  interactionsThisSession: "actions",
  fromCampaign: "origin",
  fromSearchEngine: "origin",
  isMobile: "device",
  productViews: "products",
  productViewsThisSession: "products",
  distinctCategories: "products",
  categoryFocus: "products",
  averageViewedPrice: "products",
  discountShare: "products",
  cartAdds: "cart",
  cartRemovals: "cart",
  cartItems: "cart",
  cartValue: "cart",
  cartIdleDays: "cart",
  checkoutStarts: "orders",
  inCheckout: "orders",
  purchases: "orders",
  revenue: "orders",
  daysSinceLastPurchase: "orders",
} satisfies Record<FeatureName, LearnedGroup>;

/** What nothing is known of unless one of these is recorded. */
export const LEARNED_FROM: Readonly<Partial<Record<LearnedGroup, readonly RecordedGroup[]>>> = {
  products: ["products", "cart"],
  cart: ["cart"],
  orders: ["orders"],
};
