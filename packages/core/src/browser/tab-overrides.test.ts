import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedFor } from "./tab-overrides.js";

describe("variants in an address", () => {
  it("are read by slot, as often as there are slots", () => {
    expect(askedFor("?a=1&attune-variant=top:b&attune-variant=side:x", "attune-variant")).toEqual([
      ["top", "b"],
      ["side", "x"],
    ]);
    expect(askedFor("?v=form:layout:wide,colour:red", "v")).toEqual([["form", "layout:wide,colour:red"]]);
    expect(askedFor("?v=top:", "v")).toEqual([["top", null]]);
    expect(askedFor(`?v=top&v=:b&v=&v=${"x".repeat(300)}:b`, "v")).toEqual([]);
    expect(askedFor("", "v")).toEqual([]);
    expect(askedFor(`?${"v=a:b&".repeat(60)}`, "v")).toHaveLength(50);
  });

  it("are read whatever the address holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const [slot, variant] of askedFor(`?v=${text}`, "v")) {
          expect(slot).not.toBe("");
          expect(variant).not.toBe("");
        }
      }),
    );
  });
});
