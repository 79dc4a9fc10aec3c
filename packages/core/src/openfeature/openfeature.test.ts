import { type EvaluationContext, OpenFeature as Server } from "@openfeature/server-sdk";
import { OpenFeature as Web, ProviderEvents } from "@openfeature/web-sdk";
import { afterEach, describe, expect, it } from "vitest";
import { fakeEnvironment } from "../../test/fake-environment.js";
import { compileRuleset } from "../decisions/index.js";
import type { DecisionReason } from "../decisions/types.js";
import { createAttune } from "../engine/index.js";
import { memoryStore } from "../memory/index.js";
import { createPersonalizationService } from "../service/index.js";
import { attuneServerProvider, attuneWebProvider, flagOf } from "./index.js";

const RULESET = {
  schemaVersion: 1,
  revision: 4,
  slots: {
    banner: {
      variants: { on: true, off: false },
      fallback: "off",
      policy: { type: "rules", rules: [{ when: { "context.plan": "pro" }, variant: "on" }] },
    },
    plain: {
      variants: { on: true, off: false },
      fallback: "off",
      policy: { type: "rules", rules: [{ when: { plan: "pro" }, variant: "on" }] },
    },
    title: {
      variants: { a: "Hello", b: "Good day" },
      fallback: "a",
      policy: { type: "split", experiment: "title-1", weights: { a: 0, b: 1 } },
    },
    limit: {
      variants: { low: 5, high: 50 },
      fallback: "low",
      policy: { type: "rules", rules: [{ variant: "high" }] },
    },
    layout: {
      variants: { wide: { columns: 3 }, none: null },
      fallback: "none",
      policy: { type: "rules", rules: [{ when: { "context.plan": "pro" }, variant: "wide" }] },
    },
  },
} as const;
/** Of `plain` it is told that a service knows no such attribute. */
const SERVICE = () => ({ stores: { hot: memoryStore() }, ruleset: RULESET, report: () => undefined });
const VISITOR = "0190c2f4-7a5e-7c31-9d1e-2b1f0f6c3a11";

afterEach(async () => {
  await Promise.all([Web.close(), Server.close()]);
});

describe("OpenFeature's web SDK over an engine", () => {
  async function page(options: Parameters<typeof attuneWebProvider>[1] = {}) {
    const world = fakeEnvironment();
    const attune = createAttune({
      environment: world.environment,
      consent: { policy: { version: "1" } },
      decisions: { ruleset: RULESET },
    });
    await Web.setProviderAndWait(attuneWebProvider(attune, options));
    return { attune, client: Web.getClient(), ...world };
  }

  it("gets fallbacks without consent, then what is decided, and is told that it changed", async () => {
    const { attune, client } = await page();
    const changed: unknown[] = [];
    client.addHandler(ProviderEvents.ConfigurationChanged, (event) => void changed.push(event?.flagsChanged));
    expect(client.getStringDetails("title", "default")).toMatchObject({
      value: "Hello",
      variant: "a",
      reason: "DISABLED",
      flagMetadata: { decisionReason: "consent" },
    });
    await attune.consent.grant("all");
    expect(client.getStringDetails("title", "default")).toMatchObject({
      value: "Good day",
      variant: "b",
      reason: "SPLIT",
      flagMetadata: {
        decisionReason: "split",
        experiment: "title-1",
        propensity: 1,
        rulesetVersion: expect.stringMatching(/^4-/),
      },
    });
    expect(new Set(changed.flat())).toEqual(new Set(["title"]));
    const before = changed.length;
    await attune.track("Quote Asked");
    expect(changed).toHaveLength(before);
    attune.force("title", "a");
    expect(client.getStringDetails("title", "")).toMatchObject({ value: "Hello", reason: "STATIC" });
    expect(changed).toHaveLength(before + 1);
    await attune.close();
  });

  it("reads the context, and keeps types apart", async () => {
    const { attune, client } = await page();
    await attune.consent.grant("all");
    expect(client.getBooleanDetails("banner", true)).toMatchObject({ value: false, reason: "DEFAULT" });
    await Web.setContext({ targetingKey: "who", plan: "pro" });
    expect(client.getBooleanDetails("banner", false)).toMatchObject({
      value: true,
      reason: "TARGETING_MATCH",
    });
    expect(client.getObjectValue("layout", {})).toEqual({ columns: 3 });
    expect(client.getNumberDetails("limit", 1)).toMatchObject({ value: 50, reason: "STATIC" });
    expect(client.getStringDetails("limit", "x")).toMatchObject({
      value: "x",
      reason: "ERROR",
      errorCode: "TYPE_MISMATCH",
    });
    expect(client.getStringDetails("no-such", "x")).toMatchObject({
      value: "x",
      errorCode: "FLAG_NOT_FOUND",
    });
    await Web.setContext({});
    // A slot that has nothing to show leaves it to the caller.
    expect(client.getObjectDetails("layout", { own: 1 })).toMatchObject({
      value: { own: 1 },
      variant: "none",
      reason: "DEFAULT",
    });
    await attune.close();
  });

  it("tells of what was seen only where the host says so, and records what is tracked", async () => {
    for (const exposeEvaluated of [false, true]) {
      const { attune, client, events, time } = await page({ exposeEvaluated });
      await attune.consent.grant("all");
      client.getStringValue("title", "");
      client.getStringValue("title", "");
      client.track("Quote Asked", { value: 3 });
      await time.advance(5000);
      expect(events().map(({ name }) => name)).toEqual([
        ...(exposeEvaluated ? ["Variant Exposed"] : []),
        "Quote Asked",
      ]);
      await attune.close();
    }
  });
});

describe("OpenFeature's server SDK", () => {
  const context: EvaluationContext = { targetingKey: VISITOR, plan: "pro", site: "nowhere" };

  it("over a service: what it decides for the visitor, as far as consent goes", async () => {
    const service = createPersonalizationService(SERVICE());
    const granted = attuneServerProvider(service, { purposes: () => ["personalization"] });
    await Server.setProviderAndWait(granted);
    const client = Server.getClient();
    expect(await client.getStringDetails("title", "", context)).toMatchObject({
      value: "Good day",
      reason: "SPLIT",
      flagMetadata: { experiment: "title-1", propensity: 1 },
    });
    expect(await client.getBooleanValue("banner", false, context)).toBe(true);
    expect(await client.getNumberValue("limit", 1, context)).toBe(50);
    expect(await client.getObjectValue("layout", {}, context)).toEqual({ columns: 3 });
    expect(await client.getStringDetails("title", "mine", {})).toMatchObject({
      value: "mine",
      errorCode: "TARGETING_KEY_MISSING",
    });
    expect(await client.getNumberDetails("title", 1, context)).toMatchObject({ errorCode: "TYPE_MISMATCH" });
    const { decisions } = await service.decide(
      {
        id: VISITOR,
        consent: {
          necessary: true,
          analytics: false,
          personalization: true,
          marketing: false,
          advertising: false,
        },
      },
      ["title"],
    );
    expect((await client.getStringDetails("title", "", context)).variant).toBe(decisions.title?.variant);

    // What the visitor has decided here narrows what the host says.
    await service.consent(
      { visitorId: VISITOR },
      { purposes: { personalization: false }, policyVersion: "1", source: "preferences" },
    );
    expect(await client.getStringDetails("title", "", context)).toMatchObject({
      value: "Hello",
      reason: "DISABLED",
    });
    await service.close();
  });

  it("over a service: by what is stored alone, where the host says nothing", async () => {
    const service = createPersonalizationService(SERVICE());
    await Server.setProviderAndWait(attuneServerProvider(service));
    const client = Server.getClient();
    expect((await client.getStringDetails("title", "", context)).reason).toBe("DISABLED");
    await service.consent(
      { visitorId: VISITOR },
      { purposes: { personalization: true }, policyVersion: "1", source: "preferences" },
    );
    expect((await client.getStringDetails("title", "", context)).reason).toBe("SPLIT");
    await service.close();
  });

  it("over a compiled ruleset: the context is all that is known", async () => {
    const compiled = compileRuleset(RULESET);
    await Server.setProviderAndWait(attuneServerProvider(compiled));
    const client = Server.getClient();
    expect((await client.getBooleanDetails("plain", false, context)).reason).toBe("DISABLED");
    await Server.setProviderAndWait(attuneServerProvider(compiled, { purposes: () => ["personalization"] }));
    expect(await client.getBooleanDetails("plain", false, context)).toMatchObject({
      value: true,
      reason: "TARGETING_MATCH",
    });
    // As over a service, so that one ruleset serves both.
    expect(await client.getBooleanValue("banner", false, context)).toBe(true);
    expect((await client.getStringDetails("title", "", context)).variant).toBe("b");
  });
});

describe("a decision as a flag", () => {
  it("has one of OpenFeature's reasons or codes, whatever the decision's reason", () => {
    const REASONS: Readonly<Record<DecisionReason, string>> = {
      rule: "TARGETING_MATCH",
      split: "SPLIT",
      factorial: "SPLIT",
      bandit: "SPLIT",
      contextual: "SPLIT",
      recommended: "TARGETING_MATCH",
      override: "STATIC",
      "no-match": "DEFAULT",
      "not-targeted": "DEFAULT",
      holdout: "DEFAULT",
      excluded: "DEFAULT",
      prerequisite: "DEFAULT",
      conflict: "DEFAULT",
      superseded: "DEFAULT",
      "not-covered": "DEFAULT",
      "no-identity": "DEFAULT",
      consent: "DISABLED",
      "unknown-slot": "FLAG_NOT_FOUND",
      "not-ready": "PROVIDER_NOT_READY",
      error: "GENERAL",
    };
    const decision = {
      slot: "s",
      variant: "a",
      value: 1,
      propensity: null,
      bucketVersion: 2,
      kept: true,
      rulesetVersion: null,
      purposes: [],
      isFallback: false,
    } as const;
    for (const [reason, told] of Object.entries(REASONS)) {
      const flag = flagOf({ ...decision, reason: reason as DecisionReason });
      expect(flag.error?.code ?? flag.reason).toBe(told);
      expect(flag.metadata).toEqual({ decisionReason: reason, bucketVersion: 2, kept: true });
    }
  });
});
