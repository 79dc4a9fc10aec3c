import { describe, expect, expectTypeOf, it } from "vitest";
import { grantsOf, NO_GRANTS } from "../consent/grants.js";
import { eventAllowed } from "./consent-filter.js";
import { defineEvents, type EventProperties, type TypedTrack } from "./define-events.js";
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
