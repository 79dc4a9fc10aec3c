import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { lmdbStore } from "./index.js";
import { openRoot } from "./roots.js";
import { watchVisible } from "./visible.js";

let path = "";
afterEach(() => rmSync(path, { recursive: true, force: true }));

/** How many of 100 writes resolve before they are on the disk, and what a read right after one finds. */
async function early(flush: boolean): Promise<{ early: number; stale: number }> {
  path = mkdtempSync(join(tmpdir(), "attune-lmdb-"));
  const store = lmdbStore({ path, flush });
  const { root, release } = openRoot(path, "store");
  const counts = { early: 0, stale: 0 };
  for (let n = 1; n <= 100; n++) {
    // A read before it, in the same turn, holds what there was.
    await store.get("p", "s");
    const written = store.put("p", "s", n);
    let isFlushed = false;
    void root.flushed.then(() => {
      isFlushed = true;
    });
    await written;
    if ((await store.get("p", "s"))?.value !== n) counts.stale += 1;
    await new Promise(setImmediate);
    if (!isFlushed) counts.early += 1;
    await root.flushed;
  }
  await release();
  await store.close();
  return counts;
}

/** How long a disk takes for a page, ms: the fastest of ten. One that has it at once, or a file system in memory, leaves nothing to see. */
function syncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), "attune-disk-"));
  const descriptor = openSync(join(folder, "probe"), "w");
  const times = Array.from({ length: 10 }, () => {
    writeSync(descriptor, Buffer.alloc(4096, 1));
    const began = performance.now();
    fdatasyncSync(descriptor);
    return performance.now() - began;
  });
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
  return Math.min(...times);
}

describe("a write that has resolved", () => {
  it.skipIf(process.platform !== "linux" || syncMs() < 0.1)(
    "can be seen by everybody, and need not be on the disk by then",
    async () => {
      const { early: before, stale } = await early(false);
      expect(before).toBeGreaterThan(10);
      expect(stale).toBe(0);
    },
  );

  it("is on the disk where that is asked for", async () => {
    expect(await early(true)).toEqual({ early: 0, stale: 0 });
  });
});

describe.skipIf(process.platform !== "linux" && process.platform !== "darwin")(
  "what lmdb tells of its progress",
  () => {
    /** A handle whose transactions are told of by hand. */
    function byHand() {
      const state = { last: 0, number: 1, resets: 0 };
      const env = {
        info: () => ({ lastTxnId: state.last }),
        startWriting: (_address: number, _progress: (status: number) => unknown): unknown => undefined,
      };
      const calls: ((status: number) => unknown)[] = [];
      env.startWriting = (_address, progress) => calls.push(progress);
      const root = { env, getWriteTxnId: () => state.number, resetReadTxn: () => state.resets++ };
      const whenVisible = watchVisible(root as unknown as Parameters<typeof watchVisible>[0]);
      const told: string[] = [];
      const begin = (name: string) => {
        env.startWriting(0, (status) => {
          if (status === 2) whenVisible?.(() => told.push(name));
        });
        return calls.at(-1) as (status: number) => unknown;
      };
      return { state, told, begin };
    }

    it("resolves what is visible, and nothing that is not yet", () => {
      const { state, told, begin } = byHand();
      const first = begin("first");
      first(2);
      first(1);
      expect(told).toEqual([]);
      state.last = 1;
      first(1);
      first(1);
      expect([told, state.resets]).toEqual([["first"], 1]);
    });

    it("is done without where another version of lmdb has no such handle", () => {
      const root = { getWriteTxnId: () => 1, resetReadTxn: () => undefined };
      for (const env of [undefined, {}, { info: () => ({ lastTxnId: 1 }) }])
        expect(watchVisible({ ...root, env } as Parameters<typeof watchVisible>[0])).toBeNull();
    });

    it("does not take the commit of another for one that failed with the same number", () => {
      const { state, told, begin } = byHand();
      const failing = begin("failing");
      const next = begin("next");
      failing(2);
      next(2);
      state.last = 1;
      next(1);
      failing(28);
      expect(told).toEqual(["next"]);
    });
  },
);
