import { describe, expect, it } from "vitest";
import { ALL_GRANTS, grantsOf, NO_GRANTS } from "../consent/grants.js";
import type { Purpose } from "../consent/types.js";
import { eventName } from "./aliases.js";
import { eventAllowed, reduceToConsent } from "./consent-filter.js";
import type { Event } from "./types.js";

const event = (purposes: readonly Purpose[], name = "Page Viewed"): Event => ({
  id: "1",
  schemaVersion: 1,
  site: "default",
  visitorId: "v",
  sessionId: null,
  deviceId: null,
  userId: null,
  seq: null,
  occurredAt: 1_700_000_000_000,
  sentAt: null,
  receivedAt: null,
  tzOffset: null,
  name,
  properties: {},
  context: { campaign: { source: "news" }, language: "de" },
  consent: { purposes, policyVersion: "1" },
});

describe("eventAllowed", () => {
  it("needs one of the purposes it is collected for", () => {
    expect(eventAllowed(event([]), NO_GRANTS)).toBe(false);
    expect(eventAllowed(event([]), grantsOf(["personalization"]))).toBe(true);
    expect(eventAllowed(event([]), grantsOf(["advertising"]))).toBe(false);
  });
});

describe("reduceToConsent", () => {
  it("is the same object where everything is covered", () => {
    const full = event(["necessary", "analytics", "personalization"]);
    expect(reduceToConsent(full, ALL_GRANTS)).toBe(full);
  });

  it("keeps what both the snapshot and the grants allow, and never widens", () => {
    const reduced = reduceToConsent(
      event(["necessary", "analytics", "personalization"]),
      grantsOf(["personalization", "marketing"]),
    );
    expect(reduced?.consent).toEqual({ purposes: ["necessary", "personalization"], policyVersion: "1" });
  });

  it("takes campaign data away where neither analytics nor marketing is left", () => {
    const reduced = reduceToConsent(event(["personalization"]), ALL_GRANTS);
    expect(reduced?.context).toEqual({ language: "de" });
    expect(
      reduceToConsent(event(["personalization", "marketing"]), ALL_GRANTS)?.context.campaign,
    ).toBeDefined();
  });

  it("drops what nothing covers, but not the record of a choice", () => {
    expect(reduceToConsent(event(["analytics"]), grantsOf(["personalization"]))).toBeNull();
    expect(reduceToConsent(event([]), ALL_GRANTS)).toBeNull();
    expect(reduceToConsent(event([], "Consent Changed"), NO_GRANTS)).not.toBeNull();
  });
});

describe("wire words", () => {
  it("name the known events", () => {
    const words = [
      "page_view",
      "click",
      "scroll",
      "form_submit",
      "product_view",
      "add_to_cart",
      "remove_from_cart",
      "purchase",
      "search",
    ];
    expect(words.map((word) => eventName(word))).toEqual([
      "Page Viewed",
      "Element Clicked",
      "Page Scrolled",
      "Form Submitted",
      "Product Viewed",
      "Product Added",
      "Product Removed",
      "Order Completed",
      "Products Searched",
    ]);
    expect(eventName("constructor")).toBe("constructor");
    expect(eventName("purchase", { purchase: "Subscription Bought" })).toBe("Subscription Bought");
  });
});
