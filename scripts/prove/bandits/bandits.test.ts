import { expect, it } from "vitest";
import * as bandits from "../../../packages/core/src/bandits/index.js";
import { banditFigures } from "./proof.mjs";

/** The short form of what `npm run prove -- bandits` does with 200 runs of 20,000 rounds; the same each time. */
it("bandits: change-triggered sampling loses less than plain Thompson where the best arm is switched, and hardly more where none is", async () => {
  const { found, logistic } = await banditFigures(bandits, {
    ...{ runs: 2, rounds: 10_000, contextualRuns: 2, contextualRounds: 2000, others: 0, every: 100 },
  });
  expect(found.switched.mean).toBeLessThan(0.8 * found["plain switched"].mean);
  expect(found.still.mean).toBeLessThan(1.25 * found["plain still"].mean);
  expect(logistic.mean).toBeGreaterThan(0.93);
  expect(logistic.mean).toBeLessThan(1);
}, 60_000);
