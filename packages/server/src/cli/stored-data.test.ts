import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../test/run-cli.js";
import { nativeEvent } from "../testing/start.js";
import { withBackEnd } from "./back-end.js";
import { placeOf } from "./place.js";
import { vendor } from "./ports/vendor.js";

let folder: string;
let dir: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "attune-stored-"));
  dir = join(folder, "data");
  await withBackEnd({ ...(await placeOf({ dir })), worker: true, report: fail }, async ({ service }) => {
    const { accepted } = await service.ingest([nativeEvent({ visitorId: "visitor-0123456789-a" })], {
      waitMs: 10_000,
    });
    expect(accepted).toBe(1);
    await service.loadRuleset({ schemaVersion: 1, revision: 1, slots: {} });
  });
});
afterAll(() => rm(folder, { recursive: true }));

const fail = (error: unknown): never => {
  throw error;
};
/** What is known of the visitor in a folder. */
const known = async (at: string) =>
  withBackEnd({ ...(await placeOf({ dir: at })), report: fail }, async ({ service }) => ({
    events: (await service.summary()).events,
    profile: (await service.profile({ visitorId: "visitor-0123456789-a" })) !== null,
    log: (await service.exportData({ visitorId: "visitor-0123456789-a" })).visitors.length,
  }));

describe("attune backup", () => {
  it("makes a copy on which everything starts, and warns where the keys lie in it", async () => {
    const to = join(folder, "copy");
    const { code, out, err } = await runCli("backup", "--dir", dir, "--to", to);
    expect(code).toBe(0);
    expect(out.join("\n")).toContain("store.mdb");
    expect(err.join("\n")).toContain("--keys-to");
    for (const entry of await readdir(to, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect([entry.name, mode & 0o077]).toEqual([entry.name, 0]);
    }
    expect(await known(to)).toMatchObject({ events: 1, profile: true });
    expect((await runCli("backup", "--dir", dir, "--to", to)).code).toBe(1);
  });

  it("puts the keys elsewhere where it is told to", async () => {
    const [to, keysTo] = [join(folder, "apart"), join(folder, "keys-apart")];
    const { code, out, err } = await runCli(
      "backup",
      "--dir",
      dir,
      "--to",
      to,
      "--keys-to",
      keysTo,
      "--json",
    );
    expect([code, err]).toEqual([0, []]);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ together: false, keysTo });
    expect(await readdir(to)).not.toContain("keys");
    expect((await readdir(join(keysTo, "default"))).length).toBeGreaterThan(1);
  });

  it("leaves alone what else lies in the folder for keys, and never takes one key for another", async () => {
    const home = join(folder, "home");
    await mkdir(home, { mode: 0o755 });
    await writeFile(join(home, "script.sh"), "#!/bin/sh\n", { mode: 0o755 });
    const save = (name: string, ...more: string[]) =>
      runCli("backup", "--dir", dir, "--to", join(folder, name), "--json", ...more);
    const { code, out } = await save("beside-home", "--keys-to", home);
    expect(code).toBe(0);
    const { keys } = JSON.parse(out[0] ?? "") as { keys: number };
    expect((await stat(home)).mode & 0o777).toBe(0o755);
    expect((await stat(join(home, "script.sh"))).mode & 0o777).toBe(0o755);
    const names = await readdir(join(home, "default"));
    expect(names).toHaveLength(keys);
    expect((await save("again", "--keys-to", home)).code).toBe(0);
    await writeFile(join(home, "default", names[0] ?? ""), "another");
    const refused = await save("third", "--keys-to", home);
    expect(refused.code).toBe(2);
    expect(refused.err.join()).toContain("is another key");
  });

  it("says what it does not copy", async () => {
    const config = join(folder, "mixed.json");
    const hot = { kind: "redis", url: "redis://127.0.0.1:1" };
    const ports = { hot, log: { kind: "lmdb", dir: "data" }, channel: { kind: "memory" } };
    await writeFile(config, JSON.stringify({ ports }));
    const { code, err } = await runCli("backup", "--config", config, "--to", join(folder, "none"));
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("Back up redis");
    expect((await runCli("backup", "--dir", join(folder, "nowhere"), "--to", "x")).err.join("\n")).toContain(
      "There is no data",
    );
    expect(await readdir(folder)).not.toContain("nowhere");
  });
});

describe("attune keys rotate", () => {
  it("makes a key for what comes, and what was sealed before is still read", async () => {
    const keys = async (): Promise<string[]> =>
      (await readdir(join(dir, "keys", "default"))).filter((name) => name.startsWith("wrapping-"));
    const before = await keys();
    const { code, out } = await runCli("keys", "rotate", "--dir", dir, "--json");
    expect(code).toBe(0);
    const { key } = JSON.parse(out[0] ?? "") as { key: string };
    expect(await keys()).toEqual([...before, key].sort());
    expect(await known(dir)).toMatchObject({ events: 1, profile: true });
    expect((await runCli("keys", "--dir", dir)).code).toBe(2);
  });
});

describe("attune audit-log", () => {
  it("verifies the log against a checkpoint that was kept, and says where it does not hold", async () => {
    const { code, out } = await runCli("audit-log", "checkpoint", "--dir", dir);
    expect(code).toBe(0);
    const kept = join(folder, "checkpoint.json");
    await writeFile(kept, out[0] ?? "");
    const whole = await runCli("audit-log", "verify", "--dir", dir, "--checkpoint", kept);
    expect([whole.code, whole.err]).toEqual([0, []]);
    expect(whole.out[0]).toMatch(/is whole: \d+ entries/);

    const forged = join(folder, "forged.json");
    await writeFile(forged, JSON.stringify({ ...(JSON.parse(out[0] ?? "") as object), seq: 1 }));
    const refused = await runCli("audit-log", "verify", "--dir", dir, "--checkpoint", forged);
    expect(refused.code).toBe(1);
    expect(refused.err.join("\n")).toContain("The checkpoint was not signed");
    const json = await runCli("audit-log", "verify", "--dir", dir, "--checkpoint", forged, "--json");
    expect(JSON.parse(json.out[0] ?? "")).toMatchObject({ ok: false, reason: "checkpoint-forged" });
  });

  it("finds an entry that was changed in the store", async () => {
    const copy = join(folder, "changed");
    expect((await runCli("backup", "--dir", dir, "--to", copy)).code).toBe(0);
    await withBackEnd({ ...(await placeOf({ dir: copy })), report: fail }, async ({ ports }) => {
      const { hot } = ports.stores;
      for await (const partition of hot.partitions("default/"))
        for await (const { sort, value } of hot.scan<{ actor?: string; hash?: string }>(partition, {
          prefix: "e/",
        }))
          if (value.hash !== undefined && value.actor !== undefined)
            await hot.put(partition, sort, { ...value, actor: "somebody" });
    });
    const { code, err } = await runCli("audit-log", "verify", "--dir", copy);
    expect(code).toBe(1);
    expect(err[0]).toContain("does not hold at entry 1. Something in it was changed");
    expect(await readFile(join(copy, "keys.json"), "utf8").catch(() => null)).toBeNull();
  });
});

describe("a vendor's package that is missing", () => {
  it("is said with the line that installs it", async () => {
    const missing = "attune-has-no-such-package";
    const loading = vendor("Redis", "ioredis", () => import(/* @vite-ignore */ missing));
    await expect(loading).rejects.toMatchObject({
      code: "ATTUNE_CLI_PACKAGE",
      message: "Redis needs the package ioredis, which is not installed here. Run: npm install ioredis",
    });
    const broken = vendor("Redis", "ioredis", () => Promise.reject(new TypeError("broken")));
    await expect(broken).rejects.toThrow(TypeError);
  });
});
