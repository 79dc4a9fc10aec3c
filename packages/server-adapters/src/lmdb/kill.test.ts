import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleFixture, startFixture } from "../../test/fixture.js";
import { lmdbLog, lmdbStore } from "./index.js";

const directory = mkdtempSync(join(tmpdir(), "attune-kill-"));
const script = join(directory, "writer.mjs");

beforeAll(() => bundleFixture(new URL("./kill-writer.fixture.ts", import.meta.url), script));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Lets the writer work from a number on and kills it once it has acknowledged so many; what it acknowledged. */
async function runAndKill(path: string, first: number, count: number): Promise<number[]> {
  const acknowledged: number[] = [];
  const { exited } = startFixture(script, [path, String(first)], (line, child) => {
    acknowledged.push(Number(line));
    if (acknowledged.length === count) child.kill("SIGKILL");
  });
  expect(await exited).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

describe("T8 SIGKILL", () => {
  it("loses nothing that was acknowledged, and leaves no batch and no commit half done", async () => {
    const path = join(directory, "data");
    const ledger: number[] = [];
    for (let kill = 0; kill < 4; kill++)
      ledger.push(...(await runAndKill(path, kill * 10_000, 20 + kill * 13)));
    expect(ledger.length).toBeGreaterThanOrEqual(20 + 33 + 46 + 59);

    const log = lmdbLog({ path });
    const entries = new Map<number, number>();
    for (let shard = 0; shard < log.capabilities.shards; shard++) {
      for (const { value } of await log.read<{ n: number }>(shard, 0, 1_000_000)) {
        entries.set(value.n, (entries.get(value.n) ?? 0) + 1);
      }
    }
    expect(ledger.filter((n) => entries.get(n) !== 10)).toEqual([]);
    expect([...entries].filter(([, count]) => count !== 10)).toEqual([]);

    const store = lmdbStore({ path });
    for (const n of ledger) {
      expect((await store.get(`visitor-${n % 5}`, `state/${n}`))?.value).toEqual({ n });
      expect(await store.commit(`visitor-${n % 5}`, [], { once: `event-${n}` })).toEqual({
        status: "duplicate",
      });
    }
    for (let p = 0; p < 5; p++) {
      const halves = new Map<string, number>();
      for await (const { sort } of store.scan(`visitor-${p}`)) {
        const n = sort.slice(sort.indexOf("/") + 1);
        halves.set(n, (halves.get(n) ?? 0) + 1);
      }
      expect([...halves].filter(([, count]) => count !== 2)).toEqual([]);
    }
    await Promise.all([log.close(), store.close()]);
  });
});
