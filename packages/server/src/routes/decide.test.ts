import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const VISITOR = "deciding-visitor-0123456789";
const CONSENT = {
  necessary: true,
  analytics: true,
  personalization: true,
  marketing: false,
  advertising: false,
};
const ruleset = (revision: number) => ({
  schemaVersion: 1,
  revision,
  segments: [{ name: "viewers", enter: { productViews: { $gte: 1 } } }],
  slots: {
    cta: {
      variants: { a: "Buy", b: "Get it" },
      fallback: "a",
      policy: { type: "split", experiment: "cta-text", weights: { a: 0.5, b: 0.5 } },
    },
    hero: {
      variants: { plain: 1, special: 2 },
      fallback: "plain",
      policy: { type: "rules", rules: [{ when: { context: {} }, variant: "plain" }] },
    },
  },
});

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const put = (body: unknown): Promise<Response> =>
  at.call("/api/v1/ruleset", {
    method: "PUT",
    key: SECRET,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

describe("the ruleset", () => {
  it("is absent at first, then published, cached by ETag and not replaced by an older one", async () => {
    expect((await at.call("/api/v1/ruleset")).status).toBe(404);
    const published = await put(ruleset(2));
    expect(published.status).toBe(200);
    const read = await at.call("/api/v1/ruleset");
    const etag = read.headers.get("etag") as string;
    expect(etag).toBe(published.headers.get("etag"));
    expect(await read.json()).toEqual(ruleset(2));
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const again = await at.call("/api/v1/ruleset", { headers: { "if-none-match": header } });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe("");
    }
    expect((await at.call("/api/v1/ruleset", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    expect((await put(ruleset(1))).status).toBe(409);
  });

  it("that has no revision is wrong, not too old", async () => {
    for (const wrong of [{}, { ...ruleset(9), revision: "9" }, { ...ruleset(9), revision: -1 }]) {
      const response = await put(wrong);
      expect(response.status).toBe(400);
      const { errors } = await response.json();
      expect(errors.map(({ path }: { path: string }) => path)).toContain("/revision");
    }
  });

  it("is refused with pointers where it is wrong", async () => {
    const wrong = ruleset(3);
    wrong.slots.cta.fallback = "missing";
    const response = await put(wrong);
    expect(response.status).toBe(400);
    const { errors } = await response.json();
    expect(errors.map(({ path }: { path: string }) => path)).toContain("/slots/cta/fallback");
  });
});

describe("decisions", () => {
  it("come with reason, propensity and version, the same each time", async () => {
    const ask = async () =>
      (
        await at.post("/api/v1/decisions", { visitor: { id: VISITOR, consent: CONSENT }, slots: ["cta"] })
      ).json();
    const first = await ask();
    expect(first.decisions.cta).toMatchObject({ reason: "split", propensity: 0.5, experiment: "cta-text" });
    expect(first.rulesetVersion).toBe(first.decisions.cta.rulesetVersion);
    expect(await ask()).toEqual(first);
  });

  it("are fallbacks without consent", async () => {
    const answer = await (
      await at.post("/api/v1/decisions", { visitor: { id: VISITOR }, slots: ["cta"] })
    ).json();
    expect(answer.decisions.cta).toMatchObject({ reason: "consent", propensity: null, isFallback: true });
  });

  it("are not given to the public for ids that can be guessed", async () => {
    const visitor = { id: "user-1", consent: CONSENT };
    expect((await at.post("/api/v1/decisions", { visitor })).status).toBe(403);
    expect((await at.post("/api/v1/decisions", { visitor }, { key: SECRET })).status).toBe(200);
    expect((await at.post("/api/v1/decisions", { visitor: { id: 7 } }, { key: SECRET })).status).toBe(400);
    expect((await at.post("/api/v1/decisions", { visitor, slots: "cta" }, { key: SECRET })).status).toBe(400);
  });

  it("ride along with an event", async () => {
    const answer = await (
      await at.post("/api/v1/behavioral/events?wait=2000&slots=cta", nativeEvent({ visitorId: VISITOR }))
    ).json();
    expect(answer.decisions.cta.reason).toBe("split");
  });
});

describe("counts", () => {
  it("of exposures and conversions by variant, zero where there were none", async () => {
    const exposed = {
      slot: "cta",
      variant: "b",
      experiment: "cta-text",
      propensity: 0.5,
      rulesetVersion: "x",
    };
    await at.post("/api/v1/behavioral/batch?wait=5000", [
      nativeEvent({ visitorId: VISITOR, name: "Variant Exposed", properties: exposed }),
      nativeEvent({ visitorId: VISITOR, name: "Order Completed", properties: { revenue: 5 } }),
    ]);
    const results = await (await at.call("/api/v1/experiments/cta-text/results", { key: SECRET })).json();
    expect(results).toEqual({
      experiment: "cta-text",
      variants: { a: { exposures: 0, conversions: 0 }, b: { exposures: 1, conversions: 1 } },
      crossed: 0,
      // A ruleset without metrics measures nothing.
      ...{ at: null, run: null, units: null, report: null },
      notes: { report: expect.stringContaining("Nothing of it is measured") },
    });
    expect((await at.call("/api/v1/experiments/unknown/results", { key: SECRET })).status).toBe(404);
  });

  it("of segments and of the site", async () => {
    const size = await at.call("/api/v1/segments/viewers/size", { key: SECRET });
    expect(await size.json()).toMatchObject({ segment: "viewers", floor: 20 });
    expect((await at.call("/api/v1/segments/unknown/size", { key: SECRET })).status).toBe(404);
    const metrics = await (await at.call("/api/sessions/metrics", { key: SECRET })).json();
    expect(metrics).toMatchObject({
      visitors: 1,
      conversions: { orders: 1, revenue: 5 },
      simulated: { visitorsPerMinute: 0 },
    });
  });

  it("health is what the parts say when asked", async () => {
    expect((await at.call("/health/live", { key: null })).status).toBe(200);
    expect((await at.call("/health/ready", { key: null })).status).toBe(200);
    const get = at.store.get;
    at.store.get = () => Promise.reject(new Error("gone"));
    const failed = await at.call("/health", { key: null });
    at.store.get = get;
    expect(failed.status).toBe(503);
    expect((await failed.json()).status).toBe("failed");
  });
});
