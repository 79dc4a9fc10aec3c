import { describe, expect, it } from "vitest";
import { corrected, NOTHING_TOLD, unlessFound, withChanges, withFinding } from "./told.js";

const any = (): boolean => true;

describe("what the server tells of segments", () => {
  it("corrects what the page finds, until the page finds the same", () => {
    const told = withChanges(
      NOTHING_TOLD,
      [
        { segment: "buyers", change: "entered" },
        { segment: "new", change: "left" },
      ],
      7,
    );
    const own = { new: 1, fans: 2 };
    expect(corrected(own, unlessFound(told, own), any)).toEqual({ fans: 2, buyers: 7 });
    expect(unlessFound(told, own)).toBe(told);
    const later = { fans: 2, buyers: 9 };
    expect(unlessFound(told, later)).toEqual({});
    expect(corrected(later, {}, any)).toBe(later);
    expect(corrected(own, told, (name) => name === "new")).toEqual({ fans: 2 });
    expect(corrected(own, told, () => false)).toBe(own);
  });

  it("is brought up to date by all that it finds, where a segment that is not named may be too new for it", () => {
    const told = { stays: 1, over: 2, still: null, again: null };
    expect(withFinding(told, ["stays", "again", "more"], 9)).toEqual({
      stays: 1,
      still: null,
      again: 9,
      more: 9,
    });
    const own = { own: 3 };
    expect(corrected(own, unlessFound(withFinding(NOTHING_TOLD, [], 9), own), any)).toBe(own);
  });

  it("may be of segments called like what objects have by themselves", () => {
    const told = withChanges(
      NOTHING_TOLD,
      [
        { segment: "__proto__", change: "entered" },
        { segment: "constructor", change: "entered" },
      ],
      5,
    );
    const shown = corrected({}, unlessFound(told, {}), any);
    expect(Object.entries(shown)).toEqual([
      ["__proto__", 5],
      ["constructor", 5],
    ]);
    expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
  });
});
