import { describe, expect, it } from "vitest";
import type { Event } from "../events/types.js";
import { fold } from "./fold.js";
import { initialState } from "./initial-state.js";
import { isReadByName } from "./read-by-name.js";

const event = (name: string): Event => ({
  id: "e",
  schemaVersion: 1,
  site: "default",
  visitorId: "v",
  sessionId: "s",
  deviceId: null,
  userId: null,
  seq: null,
  occurredAt: 1_767_225_600_000,
  sentAt: null,
  receivedAt: null,
  tzOffset: null,
  name,
  properties: {
    depth: 0.5,
    activeMs: 900,
    product_id: "p",
    category: "c",
    brand: "b",
    price: 9,
    revenue: 9,
    query: "q",
  },
  context: { page: { path: "/a" }, device: { type: "mobile" } },
  consent: { purposes: ["personalization"], policyVersion: null },
});
const unheardOf = fold(initialState(), event("Page Never Heard Of"));

describe("events that a feature reads by name", () => {
  it.each([
    ...[
      "Page Viewed",
      "Element Clicked",
      "Page Scrolled",
      "Page Engaged",
      "Products Searched",
      "Product Viewed",
    ],
    ...[
      "Product Added",
      "Product Removed",
      "Checkout Started",
      "Order Completed",
      "Signed In",
      "Plan Chosen",
    ],
  ])("%s is one, and the fold shows it", (name) => {
    const before = name === "Product Removed" ? fold(initialState(), event("Product Added")) : initialState();
    expect(fold(before, event(name))).not.toEqual(fold(before, event("Page Never Heard Of")));
    expect(isReadByName(name)).toBe(true);
  });

  it.each([
    ...["Element Viewed", "Element Scrolled", "Element Hovered", "Banner Viewed", "Consent Changed"],
    ...[
      "Page Vitals Reported",
      "Page Error Reported",
      "Page Hovered",
      "Page Rage Clicked",
      "Page Dead Clicked",
    ],
    "Page Exit Intended",
  ])("%s is none: the fold takes it for any other", (name) => {
    expect(fold(initialState(), event(name))).toEqual(unheardOf);
    expect(isReadByName(name)).toBe(false);
  });
});
