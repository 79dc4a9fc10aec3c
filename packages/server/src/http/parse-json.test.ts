import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberText } from "./parse-json.js";

describe("the text of a member", () => {
  it("is what JSON.parse finds there, of any JSON object however it is written", () => {
    const spaced = fc.constantFrom(undefined, 1, "\t");
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), spaced, (object, space) => {
        const text = JSON.stringify(object, null, space);
        for (const [name, value] of Object.entries(object))
          expect(JSON.parse(memberText(text, name) as string)).toEqual(JSON.parse(JSON.stringify(value)));
        if (!Object.hasOwn(object, "absent")) expect(memberText(text, "absent")).toBeNull();
      }),
    );
  });

  it("is the last of several, in the letters in which it came, and not that of an inner one", () => {
    const text = ' { "a" : {"b":1,"x":[{"a":0}]} , "\\u0062" : 1e400 , "a":[ 2 , "}," ] } ';
    expect([memberText(text, "a"), memberText(text, "b"), memberText(text, "x")]).toEqual([
      '[ 2 , "}," ]',
      "1e400",
      null,
    ]);
    const deep = "[".repeat(500_000) + "]".repeat(500_000);
    expect(memberText(`{"deep":${deep}}`, "deep")).toBe(deep);
  });
});
