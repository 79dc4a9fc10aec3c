import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { lmdbStore } from "./index.js";
import { openRoot } from "./roots.js";

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

/** A file system in memory flushes nothing. */
const TMPFS = 0x01021994;
const hasDisk = statfsSync(tmpdir()).type !== TMPFS;

describe("a write that has resolved", () => {
  it.skipIf(process.platform !== "linux" || !hasDisk)(
    "can be seen by everybody, and need not be on the disk by then",
    async () => {
      const { early: before, stale } = await early(false);
      expect(before).toBeGreaterThan(20);
      expect(stale).toBe(0);
    },
  );

  it("is on the disk where that is asked for", async () => {
    expect(await early(true)).toEqual({ early: 0, stale: 0 });
  });
});
