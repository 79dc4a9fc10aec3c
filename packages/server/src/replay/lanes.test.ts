import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { createLanes } from "./lanes.js";

describe("lanes", () => {
  it("send everything once, in batches, with the order of each key kept", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(6), { maxLength: 200 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 7 }),
        async (keys, count, batch) => {
          const seen = new Map<string, number[]>();
          let inFlight = 0;
          const lanes = createLanes<{ key: string; n: number }>({
            lanes: count,
            batch,
            async send(items) {
              inFlight += 1;
              expect(inFlight).toBeLessThanOrEqual(count);
              expect(items.length).toBeLessThanOrEqual(batch);
              await new Promise((resolve) => setImmediate(resolve));
              for (const { key, n } of items) seen.set(key, [...(seen.get(key) ?? []), n]);
              inFlight -= 1;
            },
          });
          for (const [n, key] of keys.entries()) await lanes.push(`k${key}`, { key: `k${key}`, n });
          await lanes.flush();
          for (const key of new Set(keys)) {
            expect(seen.get(`k${key}`)).toEqual(keys.flatMap((each, n) => (each === key ? [n] : [])));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("end with the first failure", async () => {
    const lanes = createLanes<number>({
      lanes: 2,
      batch: 1,
      send: () => Promise.reject(new Error("refused")),
    });
    await lanes.push("a", 1);
    await expect(lanes.flush()).rejects.toThrow("refused");
    await expect(lanes.push("a", 2)).rejects.toThrow("refused");
  });
});
