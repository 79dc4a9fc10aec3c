import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { afterEach, expect, it } from "vitest";
import { tuneHeap } from "./heap.js";

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
  tuneHeap();
  await fullCollections();
  const given = await fullCollections();
  process.execArgv = [];
  tuneHeap();
  await fullCollections();
  const grown = await fullCollections();
  expect(given).toBeGreaterThan(2 * grown);
}, 120_000);

const oldBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === "old_space")?.space_used_size ?? 0;

/** By how many bytes the old objects grow while things are made that nobody keeps, at a place whose things were all kept before. */
async function bornOld(): Promise<number> {
  // Compiled anew each time: V8 remembers each place.
  const make = new Function("i", "return { i, inner: { i, list: [i, i, i] } }") as (i: number) => unknown;
  const rounds = async (count: number, keep: (one: unknown) => void): Promise<void> => {
    for (let round = 0; round < count; round++) {
      for (let i = 0; i < 5000; i++) keep(make(i));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const kept: unknown[] = [];
  await rounds(60, (one) => kept.push(one));
  await rounds(20, () => undefined);
  const before = oldBytes();
  await rounds(20, () => undefined);
  expect(kept).toHaveLength(300_000);
  return oldBytes() - before;
}

it("has nothing born old because what came before it lived long", async () => {
  setFlagsFromString("--allocation-site-pretenuring");
  process.execArgv = [];
  tuneHeap();
  const tuned = await bornOld();
  setFlagsFromString("--allocation-site-pretenuring");
  process.execArgv = ["--allocation-site-pretenuring"];
  tuneHeap();
  const given = await bornOld();
  // 15 MB are made.
  expect(given).toBeGreaterThan(10e6);
  expect(tuned).toBeLessThan(5e6);
}, 120_000);
