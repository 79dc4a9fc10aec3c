import { constants, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { afterEach, expect, it } from "vitest";
import { growHeap } from "./heap.js";

const { execArgv } = process;
afterEach(() => {
  process.execArgv = execArgv;
});

/** How often all is collected while what lives on is replaced many times over. */
async function fullCollections(): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries())
      if ((detail as { kind: number }).kind === constants.NODE_PERFORMANCE_GC_MAJOR) count += 1;
  });
  observer.observe({ entryTypes: ["gc"] });
  const living = new Array<unknown>(20_000).fill(null);
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < living.length; i++) living[i] = { numbers: new Array<number>(100).fill(i) };
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return count;
}

it("has what lives on collected less often, unless the process was started with a setting of its own", async () => {
  // V8's own choice depends on how fast garbage comes; this does not.
  setFlagsFromString("--heap-growing-percent=10");
  process.execArgv = ["--heap_growing_percent=10"];
  growHeap();
  await fullCollections();
  const given = await fullCollections();
  process.execArgv = [];
  growHeap();
  await fullCollections();
  const grown = await fullCollections();
  expect(given).toBeGreaterThan(2 * grown);
}, 120_000);
