import { describe, expect, it } from "vitest";
import { sleep } from "./platform.js";
import { createKeyedQueue, mapBounded } from "./queue.js";

describe("createKeyedQueue", () => {
  it("runs tasks of one key in order, others beside them, and goes on after a failure", async () => {
    const queue = createKeyedQueue();
    const seen: string[] = [];
    const task = (name: string, ms: number) => async () => {
      await sleep(ms);
      seen.push(name);
      if (name === "a2") throw new Error(name);
      return name;
    };
    const results = await Promise.allSettled([
      queue("a", task("a1", 30)),
      queue("a", task("a2", 0)),
      queue("a", task("a3", 0)),
      queue("b", task("b1", 0)),
    ]);
    expect(seen).toEqual(["b1", "a1", "a2", "a3"]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  });
});

describe("mapBounded", () => {
  it("keeps the order and the bound, and rejects after all have ended", async () => {
    let running = 0;
    let most = 0;
    let ended = 0;
    const work = async (n: number): Promise<number> => {
      most = Math.max(most, ++running);
      await sleep(n % 3);
      running--;
      ended++;
      if (n === 4) throw new Error("four");
      return n * 2;
    };
    expect(await mapBounded([1, 2, 3], 2, work)).toEqual([2, 4, 6]);
    await expect(mapBounded([1, 2, 3, 4, 5, 6], 2, work)).rejects.toThrow("four");
    expect([most, ended]).toEqual([2, 9]);
  });
});
