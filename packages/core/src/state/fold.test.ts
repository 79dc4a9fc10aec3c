import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../events/types.js";
import {
  FEATURES,
  featureArray,
  features,
  fold,
  initialState,
  visitorAttributes,
  type VisitorState,
} from "./index.js";

const PURPOSES = ["necessary", "analytics", "personalization"] as const;
const T0 = Date.UTC(2026, 0, 5, 9);
const MINUTE = 60_000;

function event(name: string, minute: number, more: Partial<Event> = {}): Event {
  return {
    id: `e${minute}`,
    schemaVersion: 1,
    site: "default",
    visitorId: "v1",
    sessionId: null,
    deviceId: null,
    userId: null,
    seq: null,
    occurredAt: T0 + minute * MINUTE,
    sentAt: null,
    receivedAt: null,
    tzOffset: 60,
    name,
    properties: {},
    context: {},
    consent: { purposes: PURPOSES, policyVersion: "1" },
    ...more,
  };
}
const page = (minute: number, path: string) =>
  event("Page Viewed", minute, { context: { page: { path, url: `https://shop.example${path}` } } });
const run = (...events: Event[]): VisitorState => events.reduce(fold, initialState());

describe("what the fold learns", () => {
  it("of pages: depth, attention, exploration", () => {
    const read = features(
      run(
        page(0, "/"),
        event("Page Scrolled", 1, { properties: { depth: 0.4 } }),
        event("Page Scrolled", 1, { properties: { depth: 0.8 } }),
        event("Page Engaged", 2, { properties: { activeMs: 30_000 } }),
        page(3, "/a"),
        event("Page Scrolled", 4, { properties: { depth: 0.2 } }),
        event("Element Clicked", 4),
        page(5, "/"),
        page(6, "/b"),
      ),
    );
    expect(read).toMatchObject({
      sessions: 1,
      pagesThisSession: 4,
      maxScrollDepthThisSession: 0.8,
      averageScrollDepth: 0.25,
      activeSecondsThisSession: 30,
      averageActiveSecondsPerPage: 7.5,
      clicksThisSession: 1,
      clicksPerPage: 0.25,
      interactionsThisSession: 1,
      uniquePageShare: 0.75,
      backtrackRate: 0.25,
      secondsThisSession: 360,
    });
  });

  it("of the shop: interest, cart, orders", () => {
    const mixer = {
      product_id: "p1",
      category: "appliances.kitchen.mixer",
      brand: "Fjell",
      price: 80,
      discount: 10,
    };
    const cart = run(
      event("Product Viewed", 0, { properties: mixer }),
      event("Product Viewed", 1, { properties: { ...mixer, category: "garden", price: 40, discount: 0 } }),
      event("Product Added", 2, { properties: { ...mixer, quantity: 2 } }),
      event("Product Added", 3, { properties: { ...mixer, price: 20 } }),
      event("Product Removed", 4, { properties: { product_id: "p1", price: 80 } }),
      event("Checkout Started", 5),
    );
    expect(features(cart)).toMatchObject({
      productViews: 2,
      averageViewedPrice: 60,
      discountShare: 0.5,
      distinctCategories: 2,
      categoryFocus: 0.75,
      cartAdds: 2,
      cartRemovals: 1,
      cartItems: 2,
      cartValue: 100,
      inCheckout: 1,
      daysSinceLastPurchase: 365,
    });
    expect(visitorAttributes(cart)).toMatchObject({
      topCategory: "appliances.kitchen.mixer",
      topBrand: "Fjell",
    });
    const bought = fold(cart, event("Order Completed", 6, { properties: { revenue: 100 } }));
    expect(features(bought)).toMatchObject({
      cartItems: 0,
      cartValue: 0,
      inCheckout: 0,
      purchases: 1,
      revenue: 100,
      daysSinceLastPurchase: 0,
    });
  });

  it("of a visit's origin, anew each session", () => {
    const first = event("Page Viewed", 0, {
      context: {
        page: { path: "/sale", url: "https://www.shop.example/sale", referrer: "https://www.google.de" },
        campaign: { source: "ads", medium: "cpc", name: "spring" },
        device: { type: "mobile" },
        language: "de-DE",
        country: "DE",
      },
    });
    const state = run(first);
    expect(visitorAttributes(state)).toMatchObject({
      landing: "/sale",
      referrer: "google.de",
      referrerKind: "search",
      campaign: { source: "ads", medium: "cpc", name: "spring" },
      device: "mobile",
      language: "de-DE",
      country: "DE",
      isMobile: 1,
      fromCampaign: 1,
      fromSearchEngine: 1,
    });
    expect(visitorAttributes(fold(state, page(60, "/")))).toMatchObject({
      landing: "/",
      referrer: null,
      referrerKind: "direct",
      campaign: null,
      device: "mobile",
    });
    const kind = (referrer: string) =>
      visitorAttributes(
        run(
          event("Page Viewed", 0, {
            context: { page: { path: "/", url: "https://shop.example/", referrer } },
          }),
        ),
      ).referrerKind;
    expect(kind("https://shop.example")).toBe("direct");
    expect(kind("https://search.yahoo.com")).toBe("search");
    expect(kind("https://l.facebook.com")).toBe("social");
    expect(kind("https://t.co")).toBe("social");
    expect(kind("https://notgoogle.example")).toBe("other");
  });

  it("nothing without personalization consent, but counts the session", () => {
    const state = run(
      event("Product Added", 0, {
        properties: { price: 5, category: "garden" },
        context: { device: { type: "mobile" }, campaign: { source: "x" } },
        consent: { purposes: ["necessary", "analytics"], policyVersion: "1" },
      }),
    );
    expect(state.learned).toEqual(initialState().learned);
    expect(state.sessions).toBe(1);
  });

  it("of a late event only what concerns the lifetime", () => {
    const state = run(page(0, "/"), page(300, "/x"), page(120, "/late"));
    expect(features(state)).toMatchObject({ sessions: 2, pagesThisSession: 1, pagesPerSession: 1.5 });
  });
});

const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "\u0000".repeat(500),
    '"\\'.repeat(200),
    "\ud800".repeat(99),
    "漢".repeat(99),
    "😀".repeat(99),
    "x".repeat(5000),
  ),
);
const hostileValue = fc.oneof(
  hostileText,
  fc.double(),
  fc.constantFrom(1e308, -1, 5e-324, 0.1 + 0.2),
  fc.boolean(),
  fc.constant(null),
);
const anyEvent: fc.Arbitrary<Event> = fc
  .record({
    name: fc.oneof(
      fc.constantFrom(
        "Page Viewed",
        "Element Clicked",
        "Page Scrolled",
        "Page Engaged",
        "Products Searched",
        "Product List Viewed",
      ),
      fc.constantFrom(
        "Product Viewed",
        "Product Added",
        "Product Removed",
        "Checkout Started",
        "Order Completed",
        "Signed In",
        "Quiz Done",
      ),
      hostileText,
    ),
    occurredAt: fc.oneof(fc.integer({ min: 0, max: 8.64e15 }), fc.integer({ min: T0, max: T0 + 1e8 })),
    sessionId: fc.oneof(fc.constant(null), hostileText, fc.uuid()),
    visitorId: hostileText,
    properties: fc.record({
      depth: hostileValue,
      activeMs: hostileValue,
      category: hostileValue,
      brand: hostileValue,
      price: hostileValue,
      quantity: hostileValue,
      discount: hostileValue,
      revenue: hostileValue,
    }),
    context: fc.record({
      page: fc.record({
        path: hostileText,
        url: hostileText,
        referrer: fc.oneof(
          hostileText,
          hostileText.map((text) => `https://${text}`),
        ),
      }),
      campaign: fc.record({ source: hostileText, medium: hostileText, name: hostileText }),
      language: hostileText,
      country: hostileText,
    }),
  })
  .map((more) => event("", 0, more));

describe("the fold over any stream", () => {
  it("stays within 2 KB, finite and in range, and leaves its input alone", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 60 }), (events) => {
        let state = initialState();
        for (const next of events) {
          const before = JSON.stringify(state);
          const after = fold(state, next);
          expect(JSON.stringify(state)).toBe(before);
          state = after;
        }
        const text = JSON.stringify(state);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048);
        expect(JSON.parse(text)).toEqual(state);
        const values = features(state);
        for (const { name, range, read } of FEATURES) {
          const value = read(state);
          expect(value).toBe(values[name as keyof typeof values]);
          expect(Number.isFinite(value) && value >= range[0] && value <= range[1], `${name} = ${value}`).toBe(
            true,
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it("stays within 2 KB when every text and table is full", () => {
    const wide = (n: number) => "漢".repeat(15) + String.fromCharCode(0x4e00 + n);
    let state = initialState();
    for (let i = 0; i < 400; i++) {
      const at = {
        occurredAt: 8.6e15 + i * 1e9 + 0,
        sessionId: i < 300 ? wide(i).repeat(9) + i : "~".repeat(60) + i,
      };
      const text = wide(i % 40);
      const context = {
        page: { path: text + i, url: "https://shop.example", referrer: `https://${text}` },
        campaign: { source: text, medium: text, name: text },
        language: text,
        country: text,
        device: { type: text as "mobile" },
      };
      const properties = {
        category: text,
        brand: text,
        price: 1e8 / 7,
        quantity: 9.1e8 / 7,
        depth: 0.1 + i / 997,
        activeMs: 1e6 / 7,
        revenue: 1e9 / 7,
        discount: 1,
      };
      for (const name of [
        "Page Viewed",
        "Page Scrolled",
        "Page Engaged",
        "Product Viewed",
        "Product Added",
        "Order Completed",
        "Product Added",
        "Checkout Started",
      ]) {
        state = fold(state, event(name, 0, { ...at, context, properties }));
      }
    }
    expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThanOrEqual(2048);
  });

  it("stays within 2 KB when every table is full, assignments and all", () => {
    const wide = (i: number) => `${i}-`.padEnd(40, "w");
    let state = initialState();
    for (let i = 0; i < 200; i++) {
      const at = { occurredAt: 8.6e15 + i * 1e9, sessionId: i % 2 ? "~".repeat(60) + i : null, userId: "u" };
      const texts = i < 100 ? String(i % 6) : wide(i % 6);
      const context = {
        page: { path: texts + i, url: "https://shop.example", referrer: `https://${texts}` },
        campaign: { source: texts, medium: texts, name: texts },
        language: texts,
        country: texts,
        device: { type: texts as "mobile" },
      };
      const properties = { category: texts, brand: texts, price: 1e8 / 7, quantity: 9.1e8 / 7 };
      const exposed = { experiment: `experiment-${i % 20}`, variant: "b", bucketVersion: 0 };
      for (const [name, of] of [
        ["Page Viewed", {}],
        ["Page Scrolled", { depth: 0.1 + i / 997 }],
        ["Page Engaged", { activeMs: 1e6 / 7 }],
        ["Product Viewed", properties],
        ["Product Added", properties],
        ["Variant Exposed", exposed],
      ] as const) {
        state = fold(state, event(name, 0, { ...at, context, properties: of }));
        expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThanOrEqual(2048);
      }
      // The longer the texts are, the fewer experiments have room: those that began last.
      const left = state.learned.assignments ?? [];
      expect(left.length).toBeGreaterThanOrEqual(Math.min(i + 1, i < 100 ? 8 : 2));
    }
  });

  it("keeps the parts it does not touch", () => {
    const state = run(page(0, "/"));
    const next = fold(state, event("Element Clicked", 1));
    expect(next.learned.trail).toBe(state.learned.trail);
    expect(next.learned.arrival).toBe(state.learned.arrival);
    expect(next.learned.categories).toBe(state.learned.categories);
  });

  it("gives the same features through the array, in the order of the definitions", () => {
    const state = run(page(0, "/"), event("Product Viewed", 1, { properties: { price: 3 } }));
    const out = new Float64Array(FEATURES.length);
    expect(featureArray(state, out)).toBe(out);
    expect([...out]).toEqual(FEATURES.map(({ read }) => read(state)));
    expect(Object.keys(features(state))).toEqual(FEATURES.map(({ name }) => name));
    expect([...featureArray(state)]).toEqual([...out]);
  });
});
