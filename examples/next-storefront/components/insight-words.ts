import type { Snapshot } from "@attune/core";
import { en } from "@attune/react/consent";
import type { SLOTS } from "~/attune/config";
import { CATEGORIES, money } from "~/shop/catalogue";

/** What the drawer calls things. Purposes have the banner's names, so that one thing has one name. */
type Slot = (typeof SLOTS)[number];

const { necessary, analytics, personalization, marketing, advertising } = en.purposes;
export const PURPOSES = {
  necessary: necessary.name,
  analytics: analytics.name,
  personalization: personalization.name,
  marketing: marketing.name,
  advertising: advertising.name,
};

const SLOT_NAMES: Readonly<Record<Slot, string>> = {
  hero: "The picture at the top",
  "product-order": "The order of the products",
  nudge: "The line under the header",
  "buy-button": "The words on the buy button",
};
export const slotName = (slot: Slot): string => SLOT_NAMES[slot];

export const shelfName = (category: string): string =>
  Object.hasOwn(CATEGORIES, category) ? CATEGORIES[category as keyof typeof CATEGORIES].name : category;

const VARIANT_NAMES: Readonly<Record<Slot, Readonly<Record<string, string | undefined>>>> = {
  hero: { generic: "the season’s picture", sale: "the sale", "welcome-back": "a welcome back" },
  "product-order": {
    featured: "as the shop arranges them",
    "reduced-first": "reduced things first",
    "new-first": "new things first",
  },
  nudge: {
    none: "delivery and returns",
    shipping: "how near free delivery is",
    compare: "help with comparing",
    sale: "the way to the sale",
    thanks: "a thank-you",
    guarantee: "how long things can go back",
  },
  "buy-button": { plain: "Add to bag", returns: "Add to bag · free returns" },
};

export function variantName(slot: Slot, variant: string | null): string {
  if (variant === null) return "what everybody sees";
  const known = VARIANT_NAMES[slot][variant];
  if (known !== undefined) return known;
  const shelf = variant.replace(/-first$/, "");
  return slot === "product-order" ? `the ${shelfName(shelf)} shelf first` : `the ${shelfName(shelf)} shelf`;
}

const GROUPS: Readonly<Record<string, string | undefined>> = {
  "bargain-hunters": "mostly looks at reduced things",
  researchers: "compares before buying",
  "returning-buyers": "has bought before and came back",
  "likely-buyers": "behaves like those who ordered in the end",
};
export const groupName = (segment: string): string => segment.replace(/-/g, " ");
export const groupMeaning = (segment: string): string => GROUPS[segment] ?? "";

type Features = Snapshot["features"];
type Feature = readonly [name: keyof Features, label: string, text: (value: number, all: Features) => string];

const rounded = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 1 });
const percent = (share: number): string => `${Math.round(share * 100)}%`;
const yes = (): string => "yes";
const whole = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 0 });
const each = (unit: string) => (value: number) => `${rounded(value)} ${unit}`;
const euros = (value: number): string => money(Math.round(value * 100) / 100);

export function duration(seconds: number): string {
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`;
}
const daysAgo = (days: number): string =>
  days < 1 ? "today" : days < 2 ? "yesterday" : `${Math.floor(days)} days ago`;
const days = (value: number): string => (value < 1 ? duration(value * 86_400) : `${rounded(value)} days`);

const THIS_VISIT: readonly Feature[] = [
  ["secondsThisSession", "Length of this visit", duration],
  ["activeSecondsThisSession", "Time with your attention", duration],
  ["pagesThisSession", "Pages looked at", whole],
  ["uniquePageShare", "Pages that were new to you", percent],
  ["backtrackRate", "Pages you went straight back to", percent],
  ["maxScrollDepthThisSession", "Furthest scrolled down a page", percent],
  ["productViewsThisSession", "Products looked at", whole],
  ["searchesThisSession", "Searches", whole],
  ["clicksThisSession", "Clicks", whole],
  ["interactionsThisSession", "Clicks, searches and bag together", whole],
  ["cartItems", "Things in your bag", whole],
  ["cartValue", "Worth of your bag", euros],
  ["cartIdleDays", "Your bag has waited for", days],
  ["inCheckout", "At the checkout", yes],
  ["fromCampaign", "Came by one of our links", yes],
  ["fromSearchEngine", "Came from a search engine", yes],
  ["isMobile", "On a phone", yes],
];

const ALL_VISITS: readonly Feature[] = [
  ["sessions", "Visits", whole],
  ["visitFrequency", "Visits a week, of late", rounded],
  ["daysSinceFirstSeen", "First seen", daysAgo],
  ["daysSincePreviousSession", "Between the last two visits", days],
  ["pagesPerSession", "Pages", each("a visit")],
  ["averageActiveSecondsPerPage", "Attention a page", duration],
  ["averageScrollDepth", "Usually scrolled down", percent],
  ["clicksPerPage", "Clicks", each("a page")],
  ["productViews", "Products looked at", whole],
  ["distinctCategories", "Shelves looked at", whole],
  ["categoryFocus", "Looks at your favourite shelf", percent],
  ["averageViewedPrice", "Price of what you look at, on average", euros],
  ["discountShare", "Looks at reduced things", percent],
  ["cartAdds", "Put into the bag", whole],
  ["cartRemovals", "Taken out of the bag", whole],
  ["checkoutStarts", "Checkouts begun", whole],
  ["purchases", "Orders", whole],
  ["revenue", "Spent", euros],
];

/** What is known, in two lists of label and text; what is nothing is left out. Never having ordered is told as such. */
export function knownOf(features: Features): readonly { title: string; rows: readonly [string, string][] }[] {
  const rows = (list: readonly Feature[]): [string, string][] =>
    list.flatMap(([name, label, text]): [string, string][] => {
      const value = features[name] ?? 0;
      return value === 0 && name !== "daysSinceFirstSeen" ? [] : [[label, text(value, features)]];
    });
  if ((features.sessions ?? 0) === 0) return [];
  const lastOrder = (features.purchases ?? 0) === 0 ? "never" : daysAgo(features.daysSinceLastPurchase ?? 0);
  return [
    { title: "This visit", rows: rows(THIS_VISIT) },
    { title: "All your visits", rows: [...rows(ALL_VISITS), ["Last order", lastOrder]] },
  ];
}

/** What a figure is called where only its name is at hand. */
export const featureLabel = (name: string): string =>
  [...THIS_VISIT, ...ALL_VISITS].find(([feature]) => feature === name)?.[1] ??
  name.replace(/([A-Z])/g, " $1").toLowerCase();

const STATUSES: Readonly<Record<string, string | undefined>> = {
  queued: "waiting to be sent",
  sent: "sent",
  rejected: "refused",
  memory: "kept in this tab only",
};
export const statusName = (status: string): string => STATUSES[status] ?? status;

const EVENTS: Readonly<Record<string, string | undefined>> = {
  "Page Viewed": "Opened a page",
  "Page Engaged": "Spent time on a page",
  "Page Scrolled": "Scrolled",
  "Page Exited": "Left a page",
  "Element Clicked": "Clicked something",
  "Variant Assigned": "Was to be shown a version",
  "Variant Rendered": "Had a version on the page",
  "Variant Exposed": "Was shown a version",
  "Product List Viewed": "Looked at a shelf",
  "Product Viewed": "Looked at a product",
  "Products Searched": "Searched",
  "Product Added": "Put something into the bag",
  "Product Removed": "Took something out of the bag",
  "Cart Viewed": "Looked at the bag",
  "Checkout Started": "Went to the checkout",
  "Order Completed": "Ordered",
};
export const eventName = (name: string): string => EVENTS[name] ?? name;
