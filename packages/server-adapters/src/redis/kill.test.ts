import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LogRecord } from "@attune/core/ports";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisProgram, type RedisServer, startRedis } from "../../test/redis-server.js";
import { redisLog, redisStore } from "./index.js";

const { path } = redisProgram();
/** In the short form four kills, of which one is of Redis itself. */
const KILLS = process.env.ATTUNE_LONG === "1" ? 100 : 4;
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "attune-kill-"));
const script = join(directory, "writer.mjs");

describe.skipIf(path === null)("T8 SIGKILL with Redis and its append-only file", () => {
  let server: RedisServer;
  beforeAll(async () => {
    // With `everysec` Redis answers before it has written while its disk is busy, and dies with that.
    server = await startRedis(path ?? "", ["--appendfsync", "always"]);
    await build({
      entryPoints: [here("./kill-writer.fixture.ts")],
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      alias: { ioredis: import.meta.resolve("ioredis") },
      external: ["file:*"],
    });
  }, 30_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Lets a process work from a number on, kills it once it has acknowledged so many; what it acknowledged. */
  async function runAndKill(first: number, count: number, killsRedis: boolean): Promise<number[]> {
    const child = spawn(process.execPath, [script, String(server.port), String(first)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const acknowledged: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(Number(line));
      if (killsRedis && acknowledged.length === count) {
        await server.kill();
        await server.restart();
      }
      if (acknowledged.length === count * (killsRedis ? 2 : 1)) child.kill("SIGKILL");
    }
    expect(await exited).toEqual([null, "SIGKILL"]);
    return acknowledged;
  }

  it(
    `loses nothing that was acknowledged over ${KILLS} kills, and handles each entry with one effect`,
    async () => {
      const ledger: number[] = [];
      for (let kill = 0; kill < KILLS; kill++)
        ledger.push(...(await runAndKill(kill * 10_000, 20 + (kill % 4) * 13, kill % 4 === 1)));

      const [log, store] = [
        redisLog({ client: server.client, lease: 500 }),
        redisStore({ client: server.client }),
      ];
      const entries = new Map<number, number>();
      for (let shard = 0; shard < log.capabilities.shards; shard++) {
        const records: LogRecord<{ n: number }>[] = await log.read(shard, 0, 1_000_000);
        for (const { value } of records) entries.set(value.n, (entries.get(value.n) ?? 0) + 1);
      }
      expect(ledger.filter((n) => entries.get(n) !== 10)).toEqual([]);

      for (const n of ledger) {
        expect((await store.get(`writer-${n % 5}`, `state/${n}`))?.value).toEqual({ n });
        const again = await store.commit(`writer-${n % 5}`, [], { once: `event-${n}` });
        expect(again).toEqual({ status: "duplicate" });
      }
      for (let p = 0; p < 5; p++) {
        const halves = new Map<string, number>();
        for await (const { sort } of store.scan(`writer-${p}`)) {
          const n = sort.slice(sort.indexOf("/") + 1);
          halves.set(n, (halves.get(n) ?? 0) + 1);
        }
        expect([...halves].filter(([, count]) => count !== 2)).toEqual([]);
      }

      // What the dead have not handled the next one does.
      await log.consume<{ n: number; i: number }>("worker", async (batch) => {
        const commits = batch.map(({ value, key }) => {
          const name = `effect/${value.n}/${value.i}`;
          return store.commit(key, [{ op: "put", sort: name, value: 1 }], { once: name });
        });
        await Promise.all(commits);
      });
      await expect.poll(() => log.lag("worker"), { timeout: KILLS * 5000 }).toBe(0);
      const effects = new Map<number, number>();
      for (let i = 0; i < 10; i++) {
        for await (const { sort, version } of store.scan(`visitor-${i}`, { prefix: "effect/" })) {
          expect(version).toBe(1);
          const n = Number(sort.split("/")[1]);
          effects.set(n, (effects.get(n) ?? 0) + 1);
        }
      }
      expect(ledger.filter((n) => effects.get(n) !== 10)).toEqual([]);
      await Promise.all([log.close(), store.close()]);
    },
    KILLS * 15_000,
  );
});
