import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent } from "../testing/start.js";
import { main } from "./main.js";
import type { Terminal } from "./terminal.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "attune-dev-"));
});
afterAll(() => rm(dir, { recursive: true }));

interface Ready {
  url: string;
  writeKey: string;
  secretKey: string;
}

/** Runs `attune dev` while the work is done, then interrupts it as a person would. */
async function withDev(
  args: string[],
  work: (ready: Ready, lines: string[], told: string[]) => Promise<void>,
): Promise<number> {
  const lines: string[] = [];
  const told: string[] = [];
  let onLine = (): void => {};
  const first = new Promise<void>((resolve) => {
    onLine = resolve;
  });
  const plain = (text: string): string => text;
  const terminal: Terminal = {
    out(line) {
      lines.push(line);
      onLine();
    },
    err: (line) => void told.push(line),
    status: () => {},
    bold: plain,
    dim: plain,
  };
  const ended = main(["dev", "--port", "0", ...args], terminal);
  await Promise.race([first, ended.then((code) => Promise.reject(new Error(`ended with ${code}`)))]);
  await new Promise((resolve) => setImmediate(resolve));
  try {
    await work((args.includes("--json") ? JSON.parse(lines[0] as string) : {}) as Ready, lines, told);
  } finally {
    process.emit("SIGTERM");
  }
  return ended;
}

describe("attune dev", () => {
  it("serves, keeps data and keys over a restart, and ends in good order", async () => {
    const args = ["--dir", join(dir, "data"), "--json"];
    let keys: Ready | null = null;
    const sent = async ({ url, writeKey, secretKey }: Ready): Promise<number> => {
      const headers = { authorization: `Bearer ${writeKey}`, "content-type": "application/json" };
      const body = JSON.stringify([nativeEvent()]);
      const response = await fetch(`${url}/api/v1/behavioral/batch`, { method: "POST", headers, body });
      expect(response.status).toBe(200);
      const metrics = await fetch(`${url}/api/sessions/metrics`, {
        headers: { authorization: `Bearer ${secretKey}` },
      });
      return ((await metrics.json()) as { visitors: number }).visitors;
    };
    expect(
      await withDev(args, async (ready) => {
        keys = ready;
        await sent(ready);
      }),
    ).toBe(0);
    expect((await stat(join(dir, "data", "keys.json"))).mode & 0o777).toBe(0o600);
    await withDev(args, async (ready) => {
      expect(ready.secretKey).toBe(keys?.secretKey);
      expect(await sent(ready)).toBe(1);
    });
  });

  it("keeps its data from other people of the machine", async () => {
    const made = join(dir, "private");
    await withDev(["--dir", made, "--json"], async ({ url, writeKey }) => {
      const headers = { authorization: `Bearer ${writeKey}`, "content-type": "application/json" };
      const body = JSON.stringify([nativeEvent()]);
      await fetch(`${url}/api/v1/behavioral/batch?wait=2000`, { method: "POST", headers, body });
      const entries = await readdir(made, { recursive: true, withFileTypes: true });
      expect(entries.filter((entry) => entry.isFile()).length).toBeGreaterThanOrEqual(5);
      for (const path of [made, ...entries.map((entry) => join(entry.parentPath, entry.name))]) {
        const found = await stat(path);
        expect([path, (found.mode & 0o777).toString(8)]).toEqual([path, found.isDirectory() ? "700" : "600"]);
      }
    });
  });

  it("tells people what they need", async () => {
    await withDev(["--memory"], async (_ready, lines) => {
      const text = lines.join("\n");
      expect(text).toMatch(/server +http:\/\/127\.0\.0\.1:\d+/);
      expect(text).toMatch(/write key +wk_/);
      expect(text).toContain("gone when this ends");
    });
  });

  it("takes a configuration with sites, limits and base path, and a ruleset", async () => {
    const key = "sk_configured-for-two";
    const ruleset = { schemaVersion: 1, revision: 1, slots: {} };
    await writeFile(join(dir, "rules.json"), JSON.stringify(ruleset));
    const config = {
      basePath: "/attune",
      ruleset: "rules.json",
      sites: { two: { secretKeys: [key] } },
      limits: { batchEvents: 2, requestsPerMinute: 3 },
    };
    await writeFile(join(dir, "config.json"), JSON.stringify(config));
    await withDev(
      ["--memory", "--json", "--config", join(dir, "config.json")],
      async ({ url, secretKey }) => {
        expect(url).toMatch(/\/attune$/);
        const call = (path: string, bearer: string, body?: string): Promise<Response> =>
          fetch(url + path, {
            method: body ? "POST" : "GET",
            ...(body && { body }),
            headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          });
        expect(await (await call("/api/v1/ruleset", secretKey)).json()).toEqual(ruleset);
        expect((await call("/api/v1/ruleset", key)).status).toBe(404);
        expect((await call("/api/v1/behavioral/batch", key, "[1,2,3]")).status).toBe(400);
        expect((await call("/api/v1/ruleset", key)).status).toBe(404);
        const limited = await call("/api/v1/ruleset", key);
        expect(limited.status).toBe(429);
        expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
      },
    );
  });

  it("takes a ruleset whenever its content differs: over a restart, back again, and while it runs", async () => {
    const file = join(dir, "watched.json");
    const hero = { variants: { a: 1 }, fallback: "a", policy: { type: "rules", rules: [] } };
    const write = (slot: string, over: object = {}): Promise<void> =>
      writeFile(file, JSON.stringify({ schemaVersion: 1, revision: 1, slots: { [slot]: hero }, ...over }));
    const args = ["--dir", join(dir, "watching"), "--json", "--ruleset", file];
    const stored = async ({ url, writeKey }: Ready): Promise<[number, string]> => {
      const response = await fetch(`${url}/api/v1/ruleset`, {
        headers: { authorization: `Bearer ${writeKey}` },
      });
      const { revision, slots } = (await response.json()) as { revision: number; slots: object };
      return [revision, Object.keys(slots).join()];
    };
    await write("one");
    await withDev(args, async (ready) => expect(await stored(ready)).toEqual([1, "one"]));
    await withDev(args, async (ready) => expect(await stored(ready)).toEqual([1, "one"]));
    await write("two");
    await withDev(args, async (ready, _lines, told) => {
      expect(await stored(ready)).toEqual([2, "two"]);
      await expect.poll(() => told).toEqual(["watched.json: published as revision 2"]);
      await write("one");
      await expect.poll(() => stored(ready), { timeout: 10_000 }).toEqual([3, "one"]);
      await write("two", { slots: {}, nonsense: 1 });
      await expect.poll(() => told.join("\n"), { timeout: 10_000 }).toContain("/nonsense");
      expect(await stored(ready)).toEqual([3, "one"]);
      await write("three", { segments: [{ name: "s", enter: { sesions: 1 } }] });
      await expect.poll(() => told.join("\n"), { timeout: 10_000 }).toContain("Did you mean sessions?");
      expect(await stored(ready)).toEqual([4, "three"]);
    });
  });

  it("says what is wrong with a configuration, a ruleset and a port", async () => {
    const errors = async (...args: string[]): Promise<string> => {
      const lines: string[] = [];
      const terminal = {
        out: () => {},
        err: (line: string) => void lines.push(line),
        status: () => {},
        bold: String,
        dim: String,
      };
      expect(await main(["dev", "--memory", ...args], terminal)).toBe(2);
      return lines.join("\n");
    };
    await writeFile(join(dir, "wrong.json"), '{ "port": "many", "retentionDays": 1 }');
    const wrong = await errors("--config", join(dir, "wrong.json"));
    expect(wrong).toContain("/port");
    expect(wrong).toContain("/retentionDays");
    await writeFile(join(dir, "slots.json"), '{ "schemaVersion": 1, "revision": 1, "slots": { "a": {} } }');
    expect(await errors("--port", "0", "--ruleset", join(dir, "slots.json"))).toContain("/slots/a");
    expect(await errors("--port", "0", "--ruleset", join(dir, "nowhere.json"))).toContain("there is no file");
    await writeFile(
      join(dir, "shop.json"),
      '{ "products": [{ "id": "a", "category": "b", "price": "free" }] }',
    );
    expect(await errors("--shop", join(dir, "shop.json"))).toContain("/products/0/price");
    expect(await errors("--port", "70000")).toContain("--port");
    await withDev(["--memory", "--json"], async ({ url }) => {
      expect(await errors("--port", new URL(url).port)).toContain("in use");
    });
    expect(await readFile(join(dir, "wrong.json"), "utf8")).toContain("many");
  });
});
