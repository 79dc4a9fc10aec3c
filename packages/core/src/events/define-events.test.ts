import { describe, expect, expectTypeOf, it } from "vitest";
import { grantsOf, NO_GRANTS } from "../consent/grants.js";
import { eventAllowed } from "./consent-filter.js";
import { defineEvents, type EventProperties, sensitiveFields, type TypedTrack } from "./define-events.js";
import { purposesOf } from "./names.js";

const events = defineEvents({
  "Wishlist Added": {
    purposes: ["marketing"],
    properties: {
      product_id: "string",
      price: "number?",
      gift: "boolean?",
      list: ["public", "private"],
      size: ["s", "l", undefined],
    },
  },
  "Lights Switched": { properties: { on: "boolean?" } },
  "Anything Happened": {},
});

describe("defineEvents", () => {
  it("types what each event carries", () => {
    type Wish = EventProperties<(typeof events.definitions)["Wishlist Added"]>;
    expectTypeOf<Wish["product_id"]>().toEqualTypeOf<string>();
    expectTypeOf<Wish["price"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Wish["list"]>().toEqualTypeOf<"public" | "private">();
    expectTypeOf<Wish["size"]>().toEqualTypeOf<"s" | "l" | undefined>();
    expectTypeOf<EventProperties<(typeof events.definitions)["Anything Happened"]>>().toEqualTypeOf<
      Record<string, unknown>
    >();
  });

  it("types track", () => {
    const sent: unknown[] = [];
    const track: TypedTrack<typeof events, void> = (name, properties?: unknown) => {
      sent.push([name, properties]);
    };
    track("Wishlist Added", { product_id: "p", list: "public" });
    track("Lights Switched");
    track("Anything Happened", { a: 1 });
    track("Product Added", { product_id: "p", price: 3 });
    track("Cart Viewed");
    // @ts-expect-error an event that is not defined
    track("Wishlist Burnt");
    // @ts-expect-error a property is missing
    track("Wishlist Added", { product_id: "p" });
    // @ts-expect-error a property of another type
    track("Lights Switched", { on: "yes" });
    expect(sent).toHaveLength(8);
  });

  it("says what it is collected for, and falls back to what the library knows", () => {
    expect(purposesOf("Wishlist Added", events)).toEqual(["marketing"]);
    expect(purposesOf("Lights Switched", events)).toEqual(["analytics", "personalization"]);
    expect(purposesOf("Consent Changed", events)).toEqual(["necessary"]);
    expect(purposesOf("constructor", events)).toEqual(["analytics", "personalization"]);
    expect(eventAllowed({ name: "Wishlist Added" }, grantsOf(["analytics"]), events)).toBe(false);
    expect(eventAllowed({ name: "Wishlist Added" }, grantsOf(["marketing"]), events)).toBe(true);
    expect(eventAllowed({ name: "Consent Changed" }, NO_GRANTS)).toBe(true);
  });

  it("checks at run time, by path and without the value", () => {
    expect(events.check("Wishlist Added", { product_id: "p", list: "private", price: 1 })).toEqual([]);
    expect(events.check("Other", { a: 1 })).toEqual([]);
    expect(events.check("Anything Happened", { a: 1 })).toEqual([]);
    const issues = events.check("Wishlist Added", {
      price: "secret",
      list: "secret",
      size: undefined,
      "a/b": "secret",
    });
    expect(issues.map((issue) => issue.path)).toEqual([
      "/properties/product_id",
      "/properties/price",
      "/properties/list",
      "/properties/a~1b",
    ]);
    expect(JSON.stringify(issues)).not.toContain("secret");
  });
});

describe("properties marked sensitive", () => {
  const clinic = defineEvents({
    "Visit Booked": {
      properties: {
        diagnosis: { type: "string", sensitive: true },
        urgency: { type: ["low", "high", undefined], sensitive: true },
        weight: { type: "number?", sensitive: false },
        ward: { type: "string" },
        day: "number",
      },
    },
    "Visit Cancelled": { properties: { diagnosis: { type: "string?", sensitive: true } } },
    "Anything Happened": {},
  });

  it("are typed as any other", () => {
    type Visit = EventProperties<(typeof clinic.definitions)["Visit Booked"]>;
    expectTypeOf<Visit["diagnosis"]>().toEqualTypeOf<string>();
    expectTypeOf<Visit["urgency"]>().toEqualTypeOf<"low" | "high" | undefined>();
    expectTypeOf<Visit["weight"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Visit["ward"]>().toEqualTypeOf<string>();
    expectTypeOf<Visit["day"]>().toEqualTypeOf<number>();
    const track: TypedTrack<typeof clinic, void> = () => undefined;
    track("Visit Booked", { diagnosis: "d", ward: "w", day: 1 });
    track("Visit Cancelled");
    // @ts-expect-error what is marked may not be left out
    track("Visit Booked", { ward: "w", day: 1 });
    // @ts-expect-error nor be of another type
    track("Visit Booked", { diagnosis: 1, ward: "w", day: 1 });
    // @ts-expect-error nor be a text that is not in its list
    track("Visit Booked", { diagnosis: "d", urgency: "none", ward: "w", day: 1 });
    // @ts-expect-error a definition needs a type
    defineEvents({ A: { properties: { a: { sensitive: true } } } });
  });

  it("are checked as any other, without the value", () => {
    const given = { diagnosis: 3, urgency: "secret", ward: "w", day: 1 };
    const issues = clinic.check("Visit Booked", given);
    expect(issues.map(({ path }) => path)).toEqual(["/properties/diagnosis", "/properties/urgency"]);
    expect(JSON.stringify(issues)).not.toContain("secret");
    expect(clinic.check("Visit Booked", { diagnosis: "d", ward: "w", day: 1 })).toEqual([]);
  });

  it("are what the service is told to seal, each once, in its own words", () => {
    const fields = sensitiveFields(clinic);
    expect(fields).toEqual(["properties.diagnosis", "properties.urgency"]);
    expect(sensitiveFields(events)).toEqual([]);
  });

  it("are refused where the service could not find them", () => {
    const dotted = defineEvents({ A: { properties: { "a.b": { type: "string", sensitive: true } } } });
    expect(() => sensitiveFields(dotted)).toThrow(
      expect.objectContaining({ code: "ATTUNE_EVENTS_SENSITIVE" }),
    );
  });
});
