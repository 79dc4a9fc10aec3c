/*
 * Visitors with planted segments, as vectors of named features on their own scales: counts, seconds and money with heavy tails, shares, flags. What a segment is
 * shows in several features at once, as it does in a shop.
 */

const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const bounded = (value) => Math.min(1, Math.max(0, value));

/** Median of each feature in each segment; heavy-tailed ones are log-normal around it, shares normal. */
const SEGMENTS = {
  glancing: {
    sessions: 1.2,
    activeSeconds: 8,
    pages: 1.3,
    scrollDepth: 0.2,
    clicks: 0.4,
    views: 0.6,
    price: 30,
    discount: 0.2,
    cart: 0.05,
    revenue: 0.1,
    focus: 0.9,
  },
  browsing: {
    sessions: 2.5,
    activeSeconds: 160,
    pages: 9,
    scrollDepth: 0.6,
    clicks: 7,
    views: 8,
    price: 35,
    discount: 0.2,
    cart: 0.3,
    revenue: 0.1,
    focus: 0.35,
  },
  bargains: {
    sessions: 6,
    activeSeconds: 90,
    pages: 6,
    scrollDepth: 0.5,
    clicks: 6,
    views: 12,
    price: 12,
    discount: 0.85,
    cart: 3,
    revenue: 25,
    focus: 0.4,
  },
  loyal: {
    sessions: 22,
    activeSeconds: 110,
    pages: 6,
    scrollDepth: 0.55,
    clicks: 9,
    views: 40,
    price: 60,
    discount: 0.15,
    cart: 9,
    revenue: 700,
    focus: 0.6,
  },
  reading: {
    sessions: 7,
    activeSeconds: 420,
    pages: 4,
    scrollDepth: 0.92,
    clicks: 1.2,
    views: 0.5,
    price: 30,
    discount: 0.2,
    cart: 0.05,
    revenue: 0.1,
    focus: 0.7,
  },
};
const SHARES = new Set(["scrollDepth", "discount", "focus"]);
const SIZES = [0.34, 0.25, 0.16, 0.1, 0.15];

export const PLANTED_FEATURES = Object.keys(SEGMENTS.glancing);

/**
 * @param {number} count Visitors of a day.
 * @param {() => number} random
 */
export function plantedVisitors(count, random) {
  const names = Object.keys(SEGMENTS);
  const labels = [];
  const points = [];
  for (let i = 0; i < count; i++) {
    let draw = random();
    let at = 0;
    while (at < SIZES.length - 1 && draw >= SIZES[at]) draw -= SIZES[at++];
    labels.push(at);
    points.push(
      PLANTED_FEATURES.map((feature) => {
        const middle = SEGMENTS[names[at]][feature];
        return SHARES.has(feature)
          ? bounded(middle + 0.1 * normal(random))
          : middle * Math.exp(0.5 * normal(random));
      }),
    );
  }
  return { points, labels };
}
