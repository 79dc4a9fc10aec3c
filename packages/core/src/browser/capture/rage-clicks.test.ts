import { describe, expect, it } from "vitest";
import { createBurst } from "./rage-clicks.js";

/** Which of the clicks, each `[ms, x, thing]`, are told. */
function told(clicks: readonly (readonly [number, number, string])[]): number[] {
  const isRage = createBurst();
  return clicks.flatMap(([at, x, thing], i) => (isRage({ at, x, y: 0, thing }) ? [i] : []));
}

describe("clicks in anger", () => {
  it.each([
    [
      "three within a second",
      [
        [0, 0, "a"],
        [500, 0, "a"],
        [1000, 0, "a"],
      ],
      [2],
    ],
    [
      "two",
      [
        [0, 0, "a"],
        [10, 0, "a"],
      ],
      [],
    ],
    [
      "three within more than a second",
      [
        [0, 0, "a"],
        [600, 0, "a"],
        [1200, 0, "a"],
      ],
      [],
    ],
    [
      "slow at first",
      [
        [0, 0, "a"],
        [900, 0, "a"],
        [1300, 0, "a"],
        [1700, 0, "a"],
      ],
      [3],
    ],
    [
      "apart from each other",
      [
        [0, 0, "a"],
        [100, 40, "a"],
        [200, 80, "a"],
      ],
      [],
    ],
    [
      "on different things",
      [
        [0, 0, "a"],
        [100, 0, "b"],
        [200, 0, "a"],
      ],
      [],
    ],
    [
      "a burst that goes on is told once",
      [
        [0, 0, "a"],
        [100, 0, "a"],
        [200, 0, "a"],
        [300, 0, "a"],
        [1200, 0, "a"],
        [1300, 0, "a"],
      ],
      [2],
    ],
    [
      "the next burst is told again",
      [
        [0, 0, "a"],
        [1, 0, "a"],
        [2, 0, "a"],
        [1100, 0, "a"],
        [1200, 0, "a"],
        [1300, 0, "a"],
      ],
      [2, 5],
    ],
  ] as const)("%s", (_, clicks, expected) => {
    expect(told(clicks)).toEqual(expected);
  });
});
