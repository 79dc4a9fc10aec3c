import { decay } from "../kernel/math.js";
import { RATE_HALF_LIFE } from "./fold-session.js";
import { top } from "./top-k.js";
import { Figure, type VisitorState } from "./types.js";

const DAY = 86_400_000;
/** No feature is larger. */
export const MOST = 1e9;
/** Days since something that never happened. */
export const NEVER = 365;
/** ln 2 ÷ 2 weeks: turns the faded sum of session starts into sessions a week. */
const PER_WEEK = 0.34657359027997264;

const per = (amount: number, count: number): number => (count > 0 ? amount / count : 0);

/** Every feature by name, in the order of the definitions. */
function read({ firstSeenAt, lastSeenAt, sessions, session, learned }: VisitorState) {
  const { visitor, arrival, figures, categories } = learned;
  const startedAt = session ? session.startedAt : lastSeenAt;
  const pages = figures[Figure.SessionPages];
  const days = (from: number | null | undefined, to: number) => (from ? (to - from) / DAY : 0);
  return {
    sessions,
    returning: +(sessions > 1),
    visitFrequency: session ? session.rate * decay(lastSeenAt - startedAt, RATE_HALF_LIFE) * PER_WEEK : 0,
    daysSinceFirstSeen: days(firstSeenAt, lastSeenAt),
    daysSincePreviousSession: days(session?.previousAt, startedAt),
    secondsThisSession: (lastSeenAt - startedAt) / 1000,
    activeSecondsThisSession: figures[Figure.SessionActive],
    averageActiveSecondsPerPage: per(figures[Figure.Active], figures[Figure.Pages]),
    pagesThisSession: pages,
    pagesPerSession: per(figures[Figure.Pages], sessions),
    uniquePageShare: per(pages - figures[Figure.Revisits], pages),
    backtrackRate: per(figures[Figure.Backtracks], pages),
    maxScrollDepthThisSession: figures[Figure.SessionDepth],
    averageScrollDepth: Math.min(1, per(figures[Figure.Depths], figures[Figure.Pages])),
    clicksThisSession: figures[Figure.SessionClicks],
    clicksPerPage: per(figures[Figure.Clicks], figures[Figure.Pages]),
    searchesThisSession: figures[Figure.SessionSearches],
    interactionsThisSession: figures[Figure.SessionInteractions],
    fromCampaign: +!!arrival.campaign,
    fromSearchEngine: +(arrival.referrerKind === "search"),
    isMobile: +(visitor.device === "mobile"),
    productViews: figures[Figure.Views],
    productViewsThisSession: figures[Figure.SessionViews],
    distinctCategories: categories.labels.length,
    categoryFocus: top(categories).share,
    averageViewedPrice: figures[Figure.MeanPrice],
    discountShare: per(figures[Figure.OnSale], figures[Figure.Views]),
    cartAdds: figures[Figure.CartAdds],
    cartRemovals: figures[Figure.CartRemovals],
    cartItems: figures[Figure.CartItems],
    cartValue: figures[Figure.CartValue],
    cartIdleDays: figures[Figure.CartItems] && days(figures[Figure.AddedAt], lastSeenAt),
    checkoutStarts: figures[Figure.Checkouts],
    inCheckout: figures[Figure.InCheckout],
    purchases: figures[Figure.Orders],
    revenue: figures[Figure.Revenue],
    daysSinceLastPurchase: figures[Figure.Orders]
      ? Math.min(NEVER, days(figures[Figure.OrderedAt], lastSeenAt))
      : NEVER,
  };
}

export type FeatureName = keyof ReturnType<typeof read>;
/** Always the same keys in the same order; every value finite, in [0, 1e9]. */
export type FeatureVector = Readonly<Record<FeatureName, number>>;

/** Changes when a feature is added, removed, renamed or read differently: a model trained on another version must not be asked. */
export const FEATURES_VERSION = "1-e53fc77f4fd6d0b8";

/** The visitor as numbers. Times are relative to the visitor's latest event, so the same state gives the same vector whenever it is read. */
export function features(state: VisitorState): FeatureVector {
  const vector = read(state);
  for (const name in vector) {
    vector[name as FeatureName] = Math.min(MOST, Math.max(0, vector[name as FeatureName]));
  }
  return vector;
}

/** As {@link features}, as a row for models: `d` values in the order of the definitions, into `out` where given. */
export function featureArray(state: VisitorState, out?: Float64Array): Float64Array {
  const values = Object.values(features(state));
  if (!out) return Float64Array.from(values);
  out.set(values);
  return out;
}
