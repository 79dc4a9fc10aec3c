import { describe, expect, it } from "vitest";
import { purposesOf } from "./names.js";
import { captureCatalogue, STANDARD_EVENTS } from "./standard-events.js";

describe("the standard events", () => {
  it("are checked as far as capture sends them, and others are the host's", () => {
    const catalogue = captureCatalogue();
    expect(catalogue.check("Page Scrolled", { depth: 0.5 })).toEqual([]);
    expect(catalogue.check("Page Scrolled", { depth: "0.5" })).toHaveLength(1);
    expect(catalogue.check("Form Started", { form: "order", value: "x" })).toHaveLength(1);
    expect(catalogue.check("Product Viewed", { anything: 1 })).toEqual([]);
  });

  it("how well a page works is for analytics alone", () => {
    for (const name of ["Page Vitals Reported", "Page Error Reported"] as const) {
      expect(Object.keys(STANDARD_EVENTS)).toContain(name);
      expect(purposesOf(name)).toEqual(["analytics"]);
    }
    expect(captureCatalogue().purposesOf("Page Scrolled")).toEqual(["analytics", "personalization"]);
  });
});
