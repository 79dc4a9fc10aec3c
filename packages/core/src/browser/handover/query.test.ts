import { describe, expect, it } from "vitest";
import { otherParameters, withQuery } from "./query.js";

const without = (address: string): string => {
  const url = new URL(address);
  return withQuery(url, otherParameters(url));
};

describe("an address without the parameter of a hand-over", () => {
  it.each([
    ["https://b.example/hats?attune_handover=x", "https://b.example/hats"],
    ["https://b.example/hats?attune_handover=x#top", "https://b.example/hats#top"],
    ["https://b.example/?a=%20b&attune_handover=x&c=+d&e", "https://b.example/?a=%20b&c=+d&e"],
    ["https://b.example/?attune%5Fhandover=x&attune_handover=y&a", "https://b.example/?a"],
    ["https://b.example//evil.example/?attune_handover=x", "https://b.example//evil.example/"],
    [
      "https://b.example/?my_attune_handover=x&a=attune_handover",
      "https://b.example/?my_attune_handover=x&a=attune_handover",
    ],
  ])("%s", (given, expected) => {
    expect(without(given)).toBe(expected);
  });
});
