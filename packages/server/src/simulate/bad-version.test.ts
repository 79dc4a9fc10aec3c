import { secureRandom, seededRandom } from "@attune/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../client/index.js";
import { trainVersion } from "../models/train-job.js";
import type { Models } from "../models/models.js";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";
import { tryBadVersion } from "./bad-version.js";
import { makeUpPast } from "./past.js";

const NAME = "buys-soon";
const RULESET = {
  ...{ schemaVersion: 1 as const, revision: 1 },
  segments: [{ name: "likely-buyers", enter: { [`scores.${NAME}`]: { $gte: 0.3 } } }],
  slots: {
    line: {
      variants: { none: 0, kind: 1 },
      fallback: "none",
      policy: { type: "rules" as const, rules: [{ segment: "likely-buyers", variant: "kind" }] },
    },
  },
};

let at: TestServer;
const models = (): Models => at.server.models as Models;
const client = () => createClient({ url: at.url, key: SECRET });

/** A model that was learned from what simulated visitors did, in force; and a population that is scored by it. */
beforeAll(async () => {
  at = await startTestServer();
  const { service } = at.server;
  await client().publishRuleset(RULESET);
  const clock = { now: () => Date.now() };
  await makeUpPast({ service, clock, random: seededRandom(4), visitors: 330 });
  const { toOnnx } = await import("@attune/ml/onnx");
  const { version } = await trainVersion(
    {
      ...{ name: NAME, atEvent: 6 },
      label: { kind: "event", event: "Order Completed", withinMs: 1_800_000 },
    },
    {
      ...{ service, registry: models().registry("default"), site: "default", now: clock.now() },
      encode: (trained) => toOnnx(trained),
    },
  );
  await models().act("default", NAME, { type: "promote", version: version.version }, "test");
  at.server.simulate(600);
}, 90_000);
afterAll(() => at.close());

interface Frame {
  event: string;
  data: { type: string; change?: string; version?: string; code?: string | null };
}

describe("a bad version among simulated visitors (T31)", () => {
  it("learned something from what they did before", async () => {
    const { versions } = await client().model(NAME);
    const card = versions[0]?.card as { metrics: { auc: { lower: number } }; visitors: number };
    expect(card.visitors).toBeGreaterThan(200);
    expect(card.metrics.auc.lower).toBeGreaterThan(0.55);
  });

  it.each(["log-odds"] as const)(
    "is taken back within seconds, which whoever watches hears: %s",
    async (fault) => {
      const before = (await client().model(NAME)).champion;
      await expect
        .poll(async () => (await client().modelPerformance(NAME)).versions[0]?.predictions ?? 0, {
          timeout: 20_000,
        })
        .toBeGreaterThan(20);
      const ending = new AbortController();
      const heard: Frame["data"][] = [];
      const stream = await at.call("/api/v1/behavioral/stream", { key: SECRET, signal: ending.signal });
      const { framesOf } = await import("../client/frames.js");
      const listening = (async () => {
        for await (const frame of framesOf(stream.body as ReadableStream<Uint8Array>)) {
          const { event, data } = frame as Frame;
          if (event === "model") heard.push(data);
        }
      })().catch(() => undefined);
      const began = Date.now();
      const { version } = await tryBadVersion(models(), {
        name: NAME,
        fault,
        actor: "test",
        random: secureRandom,
      });
      await expect
        .poll(async () => (await client().model(NAME)).canary, { timeout: 30_000, interval: 50 })
        .toBeNull();
      console.info(`${fault}: taken back after ${Date.now() - began} ms`);
      const after = await client().model(NAME);
      expect(after).toMatchObject({ champion: before });
      expect(after.events[0]).toMatchObject({ type: "rollback", version, actor: "system" });
      expect(after.refused).toContain(version);
      await expect.poll(() => heard.length).toBe(2);
      ending.abort();
      await listening;
      expect(heard).toMatchObject([
        { change: "canary", version, code: null },
        { change: "rollback", version, code: after.events[0]?.code },
      ]);
      expect(after.events[0]?.code).toBe("not-finite");
      expect((await client().ruleset()).models?.[NAME]).toMatchObject({ version: before });
    },
    90_000,
  );

  it("may be one that cannot be read at all", async () => {
    const options = { name: NAME, fault: "cut-off", actor: "test", random: secureRandom } as const;
    const { version } = await tryBadVersion(models(), options);
    await models().act("default", NAME, { type: "rollback" }, "test");
    const bytes = await models().registry("default").bytes(NAME, version);
    const { createOnnxScorer } = await import("@attune/ml/onnx");
    await expect(createOnnxScorer(bytes as Uint8Array)).rejects.toThrow();
  });

  it("needs one in force to go back to", async () => {
    const none = tryBadVersion(models(), { name: "none", actor: "test", random: secureRandom });
    await expect(none).rejects.toMatchObject({ code: "ATTUNE_SERVER_BAD_VERSION" });
  });
});
