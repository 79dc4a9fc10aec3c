import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, PAGE_ORIGIN, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const VISITOR = "flagged-visitor-0123456789";
const FLAGS = "/ofrep/v1/evaluate/flags";
const RULESET = {
  schemaVersion: 1,
  revision: 1,
  segments: [{ name: "viewers", enter: { productViews: { $gte: 1 } } }],
  slots: {
    title: {
      variants: { a: "Hello", b: "Good day" },
      fallback: "a",
      policy: { type: "split", experiment: "title-1", weights: { a: 0, b: 1 } },
    },
    viewed: {
      variants: { yes: true, no: false },
      fallback: "no",
      policy: { type: "rules", rules: [{ segment: "viewers", variant: "yes" }] },
    },
    plan: {
      variants: { yes: { seats: 5 }, none: null },
      fallback: "none",
      policy: { type: "rules", rules: [{ when: { "context.plan": "pro" }, variant: "yes" }] },
    },
    always: { variants: { on: true }, fallback: "on", policy: { type: "rules", rules: [{ variant: "on" }] } },
  },
};

let at: TestServer;
let closed: TestServer;
beforeAll(async () => {
  at = await startTestServer({ rules: RULESET, ofrep: { purposes: ["personalization"] } });
  closed = await startTestServer({ rules: RULESET });
});
afterAll(() => Promise.all([at.close(), closed.close()]));

const ask = (context: unknown, path = "", init: Parameters<TestServer["post"]>[2] = {}) =>
  at.post(`${FLAGS}${path}`, { context }, init);
const flagsIn = async (response: Response) => {
  const { flags } = (await response.json()) as { flags: { key: string }[] };
  return Object.fromEntries(flags.map(({ key, ...flag }) => [key, flag]));
};

describe("flags by the OpenFeature Remote Evaluation Protocol", () => {
  it("are the slots, as POST /decisions decides them", async () => {
    await at.post("/api/v1/behavioral/batch?wait=5000", [nativeEvent({ visitorId: VISITOR })]);
    const response = await ask({ targetingKey: VISITOR, plan: "pro" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("application/json");
    const flags = await flagsIn(response);
    expect(flags).toMatchObject({
      title: {
        value: "Good day",
        variant: "b",
        reason: "SPLIT",
        metadata: { experiment: "title-1", propensity: 1, decisionReason: "split" },
      },
      viewed: { value: true, reason: "TARGETING_MATCH" },
      plan: { value: { seats: 5 }, variant: "yes" },
      always: { value: true, reason: "STATIC" },
    });
    const consent = {
      necessary: true,
      analytics: false,
      personalization: true,
      marketing: false,
      advertising: false,
    };
    const decided = await at.post("/api/v1/decisions", {
      visitor: { id: VISITOR, consent },
      context: { plan: "pro" },
    });
    const { decisions } = (await decided.json()) as { decisions: Record<string, { variant: string }> };
    expect(Object.entries(decisions).map(([slot, { variant }]) => [slot, variant])).toEqual(
      Object.entries(flags).map(([key, { variant }]: [string, { variant?: string }]) => [key, variant]),
    );
    for (const key of Object.keys(flags))
      expect(await (await ask({ targetingKey: VISITOR, plan: "pro" }, `/${key}`)).json()).toEqual({
        key,
        ...flags[key],
      });
  });

  it("have no value where the slot's is null", async () => {
    const flag = await (await ask({ targetingKey: VISITOR }, "/plan")).json();
    expect(flag).toMatchObject({ key: "plan", variant: "none", reason: "DEFAULT" });
    expect("value" in flag).toBe(false);
  });

  it("are answered by 304 as long as nothing changed", async () => {
    const first = await ask({ targetingKey: VISITOR });
    const etag = first.headers.get("etag") as string;
    const again = await ask({ targetingKey: VISITOR }, "", { headers: { "if-none-match": etag } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    const other = await ask({ targetingKey: VISITOR, plan: "pro" }, "", {
      headers: { "if-none-match": etag },
    });
    expect(other.status).toBe(200);
    expect(other.headers.get("etag")).not.toBe(etag);
  });

  it("can be read by pages of the site's own origins", async () => {
    const headers = { origin: PAGE_ORIGIN };
    const preflight = await at.call(FLAGS, { method: "OPTIONS", headers, key: null });
    expect(preflight.headers.get("access-control-allow-headers")).toContain("if-none-match");
    const answer = await ask({ targetingKey: VISITOR }, "", { headers });
    expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE_ORIGIN);
    expect(answer.headers.get("access-control-expose-headers")).toContain("etag");
  });
});

describe("consent of who asks by that protocol", () => {
  it("is none unless the host has declared some", async () => {
    const flags = await flagsIn(await closed.post(FLAGS, { context: { targetingKey: VISITOR } }));
    for (const flag of Object.values(flags))
      expect(flag).toMatchObject({ reason: "DISABLED", metadata: { decisionReason: "consent" } });
    expect(flags).toMatchObject({ title: { value: "Hello" }, viewed: { value: false } });
  });

  it("is narrowed by what the visitor has decided, and by Global Privacy Control as anywhere", async () => {
    const refusing = "refusing-visitor-0123456789";
    await at.post("/api/v1/behavioral/consent", {
      visitorId: refusing,
      purposes: { personalization: false },
      policyVersion: "1",
      source: "preferences",
    });
    expect((await flagsIn(await ask({ targetingKey: refusing }))).title).toMatchObject({
      reason: "DISABLED",
    });
  });
});

describe("what that protocol's errors say", () => {
  const errorOf = async (response: Response) => {
    const { errorCode, errorDetails, key } = (await response.json()) as Record<string, string>;
    expect(errorDetails).toEqual(expect.any(String));
    return [response.status, errorCode, key];
  };
  it("is its codes, beside a problem as everywhere", async () => {
    expect(await errorOf(await ask({ targetingKey: VISITOR }, "/no-such"))).toEqual([
      404,
      "FLAG_NOT_FOUND",
      "no-such",
    ]);
    expect(await errorOf(await ask({}, "/title"))).toEqual([400, "TARGETING_KEY_MISSING", "title"]);
    expect((await ask({}, "/always")).status).toBe(200);
    expect((await flagsIn(await ask({ targetingKey: "" }))).title).toMatchObject({
      errorCode: "TARGETING_KEY_MISSING",
    });
    for (const context of [
      7,
      null,
      [],
      { targetingKey: 7 },
      { targetingKey: "u:jane" },
      { targetingKey: VISITOR, site: "x" },
    ])
      expect(await errorOf(await ask(context, "/title", { key: SECRET }))).toEqual([
        400,
        "INVALID_CONTEXT",
        "title",
      ]);
    for (const body of ["{", "7", "[]"])
      expect((await errorOf(await at.post(FLAGS, body))).slice(0, 2)).toEqual([400, "PARSE_ERROR"]);
    expect(await errorOf(await at.post(FLAGS, {}, { key: null }))).toEqual([401, "GENERAL", undefined]);
    // A user's id under the public key.
    expect(await errorOf(await ask({ targetingKey: "jane" }, "/title"))).toEqual([403, "GENERAL", "title"]);
    expect((await ask({ targetingKey: "jane" }, "/title", { key: SECRET })).status).toBe(200);
  });

  it("is when to come again, under a limit", async () => {
    const limited = await startTestServer({ rules: RULESET, limits: { requestsPerMinute: 1 } });
    await limited.post(FLAGS, {});
    const refused = await limited.post(FLAGS, {});
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await limited.close();
  });

  it("is that nothing is known where there is no ruleset", async () => {
    const empty = await startTestServer();
    expect(await (await empty.post(FLAGS, {})).json()).toEqual({ flags: [], metadata: {} });
    expect((await empty.post(`${FLAGS}/title`, {})).status).toBe(404);
    await empty.close();
  });
});
