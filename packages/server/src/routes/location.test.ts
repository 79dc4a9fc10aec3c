import { afterEach, describe, expect, it } from "vitest";
import { createAttuneServer } from "../server.js";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";
import type { AttuneServerOptions } from "../types.js";

const ADDRESS = "203.0.113.77";
const BATCH = "/api/v1/behavioral/batch?wait=5000";
const VISITOR = "visitor-0123456789-abcdefghij";
/** Nobody is asked in California, everybody elsewhere. */
const consent: AttuneServerOptions["consent"] = {
  version: "1",
  mode: "opt-in",
  regions: { "US-CA": "opt-out" },
};

let open: TestServer | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});
const start = async (options: Partial<AttuneServerOptions>): Promise<TestServer> =>
  (open = await startTestServer({ consent, ...options }));

const bare = (more = {}) => nativeEvent({ consent: undefined, ...more });

async function takenFrom(at: TestServer, headers: Record<string, string>) {
  const answer = await at.post(BATCH, [bare()], { headers });
  const { accepted, withheld } = (await answer.json()) as { accepted: number; withheld: number };
  return { accepted, withheld };
}

async function countries(at: TestServer): Promise<(string | undefined)[]> {
  const { visitors } = await at.server.service.exportData({ visitorId: VISITOR });
  return visitors.flatMap(({ events }) => events.map(({ context }) => context.country));
}

describe("where a request comes from", () => {
  it("no header tells, unless the host has named those of its proxy", async () => {
    const at = await start({});
    const claimed = { "cf-ipcountry": "US", "x-vercel-ip-country": "US", "x-region": "CA" };
    expect(await takenFrom(at, claimed)).toEqual({ accepted: 0, withheld: 1 });
    await at.close();
    const behind = await start({ proxy: { country: "cf-ipcountry", region: "x-region" } });
    expect(await takenFrom(behind, claimed)).toEqual({ accepted: 1, withheld: 0 });
    expect(await takenFrom(behind, { "cf-ipcountry": "US" })).toEqual({ accepted: 0, withheld: 1 });
    expect(await takenFrom(behind, { "cf-ipcountry": "XX", "x-region": "CA" })).toEqual({
      accepted: 0,
      withheld: 1,
    });
    expect(await countries(behind)).toEqual(["US"]);
  });

  it("is asked of the host's locator where no header tells, by the address that the proxy has seen", async () => {
    const asked: string[] = [];
    const locate = (address: string) => {
      asked.push(address);
      return address === ADDRESS ? { country: "us", region: "CA" } : null;
    };
    const at = await start({ locate, proxy: { address: "x-forwarded-for", country: "cf-ipcountry" } });
    const headers = { "x-forwarded-for": `198.51.100.9, ${ADDRESS}` };
    expect(await takenFrom(at, headers)).toEqual({ accepted: 1, withheld: 0 });
    expect(await takenFrom(at, { ...headers, "cf-ipcountry": "DE" })).toEqual({ accepted: 0, withheld: 1 });
    expect(await takenFrom(at, { "x-forwarded-for": "198.51.100.9" })).toEqual({ accepted: 0, withheld: 1 });
    expect(asked.splice(0)).toEqual([ADDRESS, "198.51.100.9"]);
    expect(await countries(at)).toEqual(["US"]);
    // With the port, which is another with each connection.
    for (const told of [`${ADDRESS}:4711`, "[2001:db8::1]:4711", "[2001:db8::1]", "2001:db8::1", " , "])
      await takenFrom(at, { "x-forwarded-for": told });
    expect(asked).toEqual([ADDRESS, "2001:db8::1", "2001:db8::1", "2001:db8::1"]);
  });

  it("holds for decisions that a page asks for", async () => {
    const rules = {
      schemaVersion: 1,
      revision: 1,
      segments: [],
      slots: {
        hero: {
          variants: { plain: 0, loyal: 1 },
          fallback: "plain",
          purposes: ["personalization"],
          policy: { type: "rules", rules: [{ variant: "loyal" }] },
        },
      },
    };
    const at = await start({ rules, locate: () => ({ country: "US", region: "US-CA" }) });
    const ask = async (key: string | undefined) => {
      const answer = await at.post(
        "/api/v1/decisions",
        { visitor: { id: VISITOR }, context: {} },
        key ? { key } : {},
      );
      return ((await answer.json()) as { decisions: { hero: { reason: string } } }).decisions.hero.reason;
    };
    expect(await ask(undefined)).not.toBe("consent");
    // A host's server stands somewhere else than the visitor whom it asks for.
    expect(await ask(SECRET)).toBe("consent");
  });

  it("leaves the address nowhere: not in the log, the store, dead letters, frames or reports", async () => {
    const at = await start({
      proxy: { address: "x-real-ip" },
      locate: (address) => {
        if (address === ADDRESS) return { country: "US", region: "US-CA" };
        throw new Error(`no such address: ${address}`);
      },
    });
    const frames: unknown[] = [];
    await at.server.service.subscribe({}, (frame) => void frames.push(frame));
    const headers = { "x-real-ip": ADDRESS };
    await at.post(BATCH, [bare(), bare({ occurredAt: 5 }), bare({ name: 7 })], { headers });
    await at.post(BATCH, [bare(), bare({ occurredAt: 5 })], { headers: { "x-real-ip": "203.0.113.78" } });
    await at.post("/api/v1/behavioral/events", bare(), { headers });
    await at.call("/api/v1/behavioral/batch", { key: "unknown", method: "POST", headers });
    await expect.poll(() => frames.length).toBeGreaterThan(0);
    const held: unknown[] = [frames, at.reports.map(String), await at.log.deadLetters.read(null, 100)];
    for await (const partition of at.store.partitions(""))
      for await (const record of at.store.scan(partition)) held.push(partition, record);
    for (let shard = 0; shard < at.log.capabilities.shards; shard++)
      held.push(await at.log.read(shard, 0, 1000));
    const text = JSON.stringify(held);
    expect(text).toContain('"country":"US"');
    expect(text).not.toContain("203.0.113");
    expect(at.reports).toMatchObject([{ code: "ATTUNE_SERVER_LOCATE" }]);
  });

  it("holds nobody up: a locator that hangs is not waited for, and what it makes up is not believed", async () => {
    const hanging = await start({ locate: () => new Promise(() => undefined) });
    expect(await takenFrom(hanging, {})).toEqual({ accepted: 0, withheld: 1 });
    await hanging.close();
    const at = await start({
      locate: () => ({ country: "California", region: "US-CA-SF" }),
    });
    expect(await takenFrom(at, {})).toEqual({ accepted: 0, withheld: 1 });
    const wrong = { auth: { keys: [] }, stores: { hot: at.store } };
    expect(() => createAttuneServer({ ...wrong, proxy: { country: "cf ipcountry" } })).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERVER_PROXY", path: "/proxy/country" }),
    );
  });
});
