import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundleFixture, type Fixture, startFixture } from "../../test/fixture.js";
import { LEASE_MS } from "./leases.js";
import { lmdbBackup, lmdbLog, lmdbSeries, lmdbStore } from "./index.js";

const directory = mkdtempSync(join(tmpdir(), "attune-processes-"));
const script = join(directory, "role.mjs");
const started: Fixture[] = [];
let folders = 0;

const fresh = (): string => {
  const path = join(directory, String(folders++));
  mkdirSync(path);
  return path;
};
const start = (role: string, path: string, name = "", count = 0): Fixture => {
  const fixture = startFixture(script, [role, path, name, String(count)]);
  started.push(fixture);
  return fixture;
};
async function until(what: string, isSo: () => boolean | Promise<boolean>, ms = 40_000): Promise<void> {
  for (const deadline = Date.now() + ms; !(await isSo()); await sleep(20))
    if (Date.now() > deadline) throw new Error(`Not within ${ms} ms: ${what}`);
}
/** What a process prints whose files may grow to so much: blocks of 512 or 1024 bytes, as the shell has it. */
async function limited(blocks: number, ...args: string[]): Promise<string[]> {
  const command = ["-c", `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, script, ...args];
  return (await promisify(execFile)("sh", command)).stdout.trim().split("\n");
}
/**
 * A script that does what lmdb does where a process dies while it opens a file: the number of the last commit, the third word in the file of locks, goes back to
 * one that was read before. For another process, since whoever closes a file loses its locks on it.
 */
function settingBack(path: string): string {
  const lock = join(path, "store.mdb-lock");
  return `const fs = require("node:fs"), file = fs.openSync(${JSON.stringify(lock)}, "r+"), word = Buffer.alloc(8);
    fs.readSync(file, word, 0, 8, 8); word.writeBigUInt64LE(word.readBigUInt64LE() - 1n); fs.writeSync(file, word, 0, 8, 8);`;
}
const setBack = (path: string): Promise<unknown> =>
  promisify(execFile)(process.execPath, ["--eval", settingBack(path)]);
/** Not its end, which Node itself now and then holds up. */
const closed = ({ lines }: Fixture): Promise<void> => until("it has closed", () => lines.includes("closed"));
const P = (sort: string) => ({ partition: "p", sort });
/** What a consumer has handled, without its other lines. */
const handled = ({ lines }: Fixture): string[] => lines.filter((line) => line.startsWith("k"));

beforeAll(() => bundleFixture(new URL("./processes.fixture.ts", import.meta.url), script));
afterEach(() => Promise.all(started.splice(0).map((fixture) => fixture.kill())));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("several processes on one folder", { timeout: 90_000 }, () => {
  it("T9 share a group: everything is handled, in the order of each key, though one of them is killed", async () => {
    const [path, startedAt] = [fresh(), Date.now()];
    const [one, two] = [start("consume", path, "one", 5), start("consume", path, "two", 5)];
    await until("both are there", () => one.lines.includes("ready") && two.lines.includes("ready"));
    const most = 400;
    const appender = start("append", path, "", most);
    await until("both have handled something", () => handled(one).length > 50 && handled(two).length > 50);
    await one.kill();
    // Ten entries a line: more of them than may be waiting, so those of the shards that the dead one had are handled again.
    const enough = appender.lines.length + (2 * most) / 10;
    await until("the other has taken over", () => appender.lines.length > enough);
    await appender.kill();
    const log = lmdbLog({ path });
    await until("all is committed", async () => (await log.lag("group")) === 0);
    // Once it has ended, all that it told has been read.
    await two.kill();

    const appended = new Map<string, number[]>();
    for (let shard = 0; shard < log.capabilities.shards; shard++) {
      for (const { key, value } of await log.read<number>(shard, 0, 1e6))
        appended.set(key, [...(appended.get(key) ?? []), value]);
    }
    expect(appended.size).toBe(10);
    // On a box so busy that a process is silent for seconds, the other takes its shards, and it is told so when it commits.
    const refused = ({ lines }: Fixture): string[] => lines.filter((line) => line.startsWith("error"));
    const refusals = [...refused(one), ...refused(two)];
    expect(new Set([...refusals, "error ATTUNE_LOG_FENCED"]).size).toBe(1);
    // Silence that costs a process its shards lasts as long as a lease.
    const silences = Math.floor((Date.now() - startedAt) / LEASE_MS);
    expect(refusals.length).toBeLessThanOrEqual(silences * log.capabilities.shards);
    for (const [key, all] of appended) {
      expect(all.length).toBeGreaterThanOrEqual(appender.lines.length);
      const seenBy = (fixture: Fixture): number[] =>
        handled(fixture).flatMap((line) => (line.startsWith(`${key} `) ? [Number(line.split(" ")[1])] : []));
      const [first, second] = [seenBy(one), seenBy(two)];
      // Nothing is lost. Only a batch (of 20) comes twice whose commit was cut off, by the kill or by a refusal; it alone is a step back.
      expect(new Set([...first, ...second])).toEqual(new Set(all));
      expect(first.length + second.length - all.length).toBeLessThanOrEqual(20 * (1 + refusals.length));
      for (const [seen, by] of [[first, one] as const, [second, two] as const]) {
        const stepsBack = seen.filter((n, i) => n <= (seen[i - 1] ?? -1)).length;
        expect(stepsBack).toBeLessThanOrEqual(refused(by).length);
      }
    }
    await log.close();
  });

  it("T9 a process that was silent for too long finds its commit refused, and no position goes back", async () => {
    const path = fresh();
    const log = lmdbLog({ path, shards: 1 });
    await log.append([{ key: "k", value: 0 }]);
    const one = start("consume", path, "one", 500);
    await until("one is at it", () => one.lines.includes("begun"));
    one.child.kill("SIGSTOP");
    const two = start("consume", path, "two", 1);
    await until("two takes over", () => handled(two).includes("k 0"));
    await log.append([{ key: "k", value: 1 }]);
    await until("two goes on", async () => (await log.committed("group", 0)) === 2);
    one.child.kill("SIGCONT");
    await until("one is told", () => one.lines.includes("error ATTUNE_LOG_FENCED"));
    await log.append([{ key: "k", value: 2 }]);
    await until("all is committed", async () => (await log.committed("group", 0)) === 3);
    expect(handled(one).concat(handled(two)).sort()).toEqual(["k 0", "k 0", "k 1", "k 2"]);
    await log.close();
  });

  it("T9 count to the exact sum by conditional commits", async () => {
    const path = fresh();
    // Held here, so that none of them is the last one to close it.
    const store = lmdbStore({ path });
    await Promise.all([closed(start("count", path, "one", 500)), closed(start("count", path, "two", 500))]);
    const values = await Promise.all(["sum", "by/one", "by/two"].map((sort) => store.get("p", sort)));
    expect(values.map((record) => record?.value)).toEqual([1000, 500, 500]);
    expect(values[0]?.version).toBe(1000);
    await store.close();
  });

  it("T9 lose nothing to a process that opens the file meanwhile", async () => {
    const path = fresh();
    const store = lmdbStore({ path });
    const opener = start("reopen", path);
    await Promise.all([closed(start("count", path, "one", 500)), closed(start("count", path, "two", 500))]);
    expect(opener.lines.length).toBeGreaterThan(5);
    const values = await Promise.all(["sum", "by/one", "by/two"].map((sort) => store.get("p", sort)));
    expect(values.map((record) => record?.value)).toEqual([1000, 500, 500]);
    await store.close();
  });

  // What the locks look like once they are done away with is known of this system.
  it.skipIf(process.platform !== "linux" || process.arch !== "x64")(
    "T9 open a file whose locks another process has done away with, once that one lets go of it",
    async () => {
      const path = fresh();
      const holder = start("consume", path);
      await until("it has the files open", () => holder.lines.includes("ready"));
      holder.child.kill("SIGSTOP");
      const ending = `const fs = require("node:fs"), file = fs.openSync(${JSON.stringify(join(path, "store.mdb-lock"))}, "r+");
        fs.writeSync(file, Buffer.alloc(120, 0xff), 0, 120, 24);`;
      await promisify(execFile)(process.execPath, ["--eval", ending]);
      const opener = start("open", path);
      // The store is next.
      await until("it has opened the log", () => opener.lines.length > 0);
      await holder.kill();
      await until("it has tried them all", () => opener.lines.length === 3);
      expect(opener.lines).toEqual(["log opened", "store opened", "series opened"]);
    },
  );

  it("T9 open a file again that they are about to close, and do not wait for themselves", async () => {
    const path = fresh();
    await closed(start("again", path, "", 20));
    const store = lmdbStore({ path });
    expect(await store.get("p", "s")).toMatchObject({ value: 20 });
    await store.close();
  });

  it("T9 where one dies in the moment of opening a file, no write takes the place of another", async () => {
    const path = fresh();
    const store = lmdbStore({ path });
    for (let n = 1; n <= 5; n++) await store.put("p", "s", n);
    await setBack(path);
    expect(await store.get("p", "s")).toMatchObject({ value: 4 });
    expect(await store.put("p", "s", 0, { ifVersion: 4 })).toEqual({ written: false, version: 5 });
    expect(await store.get("p", "s")).toMatchObject({ value: 5, version: 5 });
    expect(await store.put("p", "s", 6, { ifVersion: 5 })).toEqual({ written: true, version: 6 });
    await store.close();
  });

  it("T9 where one died so, writes go on, also in a backup that was put in the place of the files", async () => {
    const path = fresh();
    for (let round = 1; round <= 2; round++) {
      const store = lmdbStore({ path });
      for (let n = 1; n <= 3; n++) await store.put("p", "s", n);
      await setBack(path);
      expect(await store.put("p", "s", round)).toEqual({ written: true, version: 4 * round });
      const to = join(path, `copy-${round}`);
      await lmdbBackup({ path, to });
      await store.close();
      for (const name of ["store.mdb", "store.mdb-lock"]) rmSync(join(path, name));
      renameSync(join(to, "store.mdb"), join(path, "store.mdb"));
    }
  });

  it("T9 whose files were moved away set nothing right in those that lie there now", async () => {
    const path = fresh();
    const store = lmdbStore({ path });
    for (let n = 1; n <= 3; n++) await store.put("p", "s", n);
    await setBack(path);
    const lock = join(path, "store.mdb-lock");
    renameSync(lock, `${lock}-away`);
    const others = Buffer.alloc(64);
    others.writeUInt32LE(0xbeefc0de);
    writeFileSync(lock, others);
    const put = store.put("p", "s", 4);
    await sleep(200);
    expect(readFileSync(lock)).toEqual(others);
    renameSync(`${lock}-away`, lock);
    expect(await put).toEqual({ written: true, version: 4 });
    await store.close();
  });

  it("T9 where one died so, the file can be opened in another thread, and everybody comes to an end", async () => {
    const path = fresh();
    const store = lmdbStore({ path });
    const holder = start("thread", path, settingBack(path));
    await Promise.all([closed(holder), closed(start("count", path, "other", 10))]);
    expect(holder.lines).toEqual(["log opened", "store opened", "series opened", "closed"]);
    expect((await store.getMany([P("s"), P("sum")])).map((record) => record?.value)).toEqual([5, 10]);
    await store.close();
  });

  for (const how of ["process", "flush"]) {
    const title = `T8 a disk that is full refuses writes with a code, loses nothing acknowledged and ends no process (${how})`;
    it.skipIf(process.platform === "win32")(title, async () => {
      const path = fresh();
      const lines = await limited(4096, "fill", path, how, "100");
      const count = (line: string): number => lines.filter((each) => each === line).length;
      expect(new Set(lines)).toEqual(
        new Set([
          "append done",
          "append ATTUNE_LOG_DISK",
          "commit done",
          "commit ATTUNE_STORE_DISK",
          "closed",
        ]),
      );
      const log = lmdbLog({ path });
      expect(await log.lag("group")).toBe(count("append done"));
      await log.append([{ key: "k", value: "there is room again" }]);
      expect(await log.lag("group")).toBe(count("append done") + 1);
      await log.close();
    });
  }

  // Room for a part of what an empty file has, so that its first page fails, or a later one.
  for (const blocks of [24, 48]) {
    const title = `T8 a disk that is full refuses to have a file made on it, with a code (${blocks} blocks)`;
    it.skipIf(process.platform === "win32")(title, async () => {
      const path = fresh();
      expect(await limited(blocks, "open", path)).toEqual([
        "log ATTUNE_LOG_DISK",
        "store ATTUNE_STORE_DISK",
        "series ATTUNE_SERIES_DISK",
      ]);
      const log = lmdbLog({ path, shards: 2 });
      await log.append([{ key: "k", value: "there is room again" }]);
      expect(await log.lag("group")).toBe(1);
      await log.close();
    });
  }

  it("T8 what a series has acknowledged is there after a kill, and no write is half there", async () => {
    const path = fresh();
    const writer = start("measure", path, "", 0);
    await until("it writes", () => writer.lines.length > 100);
    await writer.kill();
    const last = Number(writer.lines.at(-1));
    const series = lmdbSeries({ path });
    const query = { name: "m", field: "n", from: 0, to: 1e9, windowMs: 1e9, aggregate: "count" } as const;
    const rows = await series.query({ ...query, by: ["half"] });
    const [a = 0, b = 0] = rows.map(({ windows }) => windows[0]?.value);
    expect(a).toBe(b);
    expect(a).toBeGreaterThan(last);
    await series.close();
  });
});
