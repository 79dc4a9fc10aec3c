import { describe, expect, it } from "vitest";
import { atOnce, createTurns, inTurns } from "./turns.js";

/** Steps that each take some milliseconds of work. */
function* steps(count: number, ms: number): Generator<void, string, void> {
  for (let step = 0; step < count; step++) {
    const until = performance.now() + ms;
    while (performance.now() < until);
    yield;
  }
  return "done";
}

describe("work in turns", () => {
  it("comes to the same as at one go, and lets timers come in between", async () => {
    let came = 0;
    const timer = setInterval(() => (came += 1), 1);
    expect(atOnce(steps(20, 3))).toBe("done");
    expect(came).toBe(0);
    expect(await inTurns(steps(20, 3), createTurns())).toBe("done");
    clearInterval(timer);
    expect(came).toBeGreaterThanOrEqual(3);
  });

  it("fails as its steps do", async () => {
    function* failing(): Generator<void, void, void> {
      yield;
      throw new Error("no further");
    }
    await expect(inTurns(failing(), createTurns())).rejects.toThrow("no further");
  });
});
