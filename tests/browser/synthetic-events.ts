import type { Event } from "@attune/core";
import { seededRandom } from "../../packages/core/src/kernel/random.js";

const NAMES = [
  "Page Viewed",
  "Page Scrolled",
  "Page Engaged",
  "Element Clicked",
  "Products Searched",
  "Product Viewed",
  "Product Added",
  "Product Removed",
  "Checkout Started",
  "Order Completed",
  "Own Event",
];

/** A shopper's life as events: seeded, with uneven gaps, odd fractions and late arrivals. */
export function syntheticEvents(count: number, seed: number): Event[] {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let at = 1_700_000_000_000;
  return Array.from({ length: count }, (_, i) => {
    at += Math.floor(random() < 0.03 ? random() * 4 * 86_400_000 : random() * 120_000);
    const name = pick(NAMES);
    return {
      id: `event-${i}`,
      schemaVersion: 1,
      site: "default",
      visitorId: "visitor-7",
      sessionId: null,
      deviceId: null,
      userId: null,
      seq: i,
      occurredAt: random() < 0.02 ? at - 600_000 : at,
      sentAt: null,
      receivedAt: null,
      tzOffset: pick([-480, 0, 60, 330]),
      name,
      properties: {
        depth: random(),
        activeMs: random() * 30_000,
        price: Math.round(random() * 20_000) / 100,
        quantity: 1 + Math.floor(random() * 3),
        revenue: random() * 300,
        category: pick(["hats", "gloves", "scarves", "Größe"]),
        brand: pick(["Ada", "Björk", "Cleo"]),
        product_id: `p-${Math.floor(random() * 40)}`,
      },
      context: {
        page: {
          url: `https://shop.example/${pick(["", "hats", "gloves", "cart"])}`,
          path: `/${pick(["", "hats", "gloves", "cart"])}`,
          referrer: pick(["", "https://www.google.com"]),
        },
        device: { type: pick(["desktop", "mobile"] as const) },
        ...(random() < 0.02 ? { campaign: { source: pick(["mail", "ads"]) } } : {}),
      },
      consent: {
        purposes: random() < 0.9 ? ["necessary", "analytics", "personalization"] : ["necessary", "analytics"],
        policyVersion: "1",
      },
    };
  });
}
