import { memoryLog, memoryStore } from "@attune/core/memory";
import type { Log } from "@attune/core/ports";
import { describe, expect, it, vi } from "vitest";
import { createAttuneServer } from "./server.js";
import { nativeEvent, startTestServer } from "./testing/start.js";
import type { AttuneServerOptions } from "./types.js";

const auth = { keys: [] };

describe("createAttuneServer", () => {
  it("leaves nothing open where what it is given cannot be used", async () => {
    vi.useFakeTimers();
    try {
      const inner = memoryLog();
      let asked = 0;
      const log: Log = {
        ...inner,
        lag: (group) => {
          asked += 1;
          return inner.lag(group);
        },
      };
      const stores = { hot: memoryStore() };
      const unusable: Partial<AttuneServerOptions>[] = [
        { stores, simulation: { shop: { products: [] } } },
        { stores, origin: "nowhere" },
        { stores, proxy: { country: "" } },
        {},
      ];
      for (const options of unusable)
        expect(() => createAttuneServer({ auth, log, ...options })).toThrow(/ATTUNE|Give|Name|Hand|shop/);
      expect(vi.getTimerCount()).toBe(0);
      await vi.advanceTimersByTimeAsync(3000);
      expect(asked).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("takes a clock that is a class, wherever it hands it on", async () => {
    class Clock {
      readonly #began = Date.now();
      now(): number {
        return this.#began;
      }
    }
    const at = await startTestServer({ clock: new Clock() });
    expect((await at.post("/api/v1/behavioral/batch?wait=5000", [nativeEvent()])).status).toBe(200);
    await at.server.service.settled();
    expect((await at.server.service.summary()).visitors).toBe(1);
    await at.close();
    expect(at.reports).toEqual([]);
  });

  it("answers where the host's report rejects, and leaves no rejection behind", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    let told = 0;
    const rejects = (): unknown => Promise.reject(new Error("The tracker is away."));
    const server = createAttuneServer({
      auth: { keys: [{ kind: "write", key: "wk_for-tests" }] },
      stores: { hot: memoryStore() },
      report: () => {
        told += 1;
        return rejects();
      },
      addressOf() {
        throw new Error("No address.");
      },
    });
    const answer = await server.fetch(new Request("https://a.example/api/v1/ruleset"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", note);
    expect([answer.status, told, unhandled]).toEqual([500, 1, []]);
    await server.close();
  });

  it("takes a base path however its slashes are", async () => {
    for (const basePath of ["/attune", "attune", "/attune/", "attune//"]) {
      const server = createAttuneServer({ auth, stores: { hot: memoryStore() }, basePath });
      expect(server.signInUrl("https://a.example")).toMatch(/^https:\/\/a\.example\/attune\/dashboard\//);
      const answer = await server.fetch(new Request("https://a.example/attune/health/live"));
      expect(answer.status).toBe(200);
      await server.close();
    }
  });
});
