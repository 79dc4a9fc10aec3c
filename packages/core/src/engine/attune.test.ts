import { describe, expect, it } from "vitest";
import { fakeDevice, fakeEnvironment } from "../../test/fake-environment.js";
import { granted, make, ruleset, view } from "../../test/shop.js";
import type { Ruleset, SlotDefinition, SplitPolicy } from "../decisions/types.js";
import { isAttuneError } from "../kernel/errors.js";
import { createAttune } from "./create-attune.js";

describe("an engine that was only made", () => {
  it("touches nothing, and decides by the fallback", () => {
    const { attune, device } = make();
    expect(attune.decide("hero")).toMatchObject({
      variant: "plain",
      reason: "consent",
      isFallback: true,
      propensity: null,
    });
    expect(attune.decide("unheard-of", { fallback: "mine" })).toMatchObject({
      value: "mine",
      reason: "unknown-slot",
    });
    expect(attune.snapshot()).toBe(attune.initialSnapshot());
    expect(attune.visitor()).toBeNull();
    expect(device.log).toEqual([]);
  });

  it("needs no environment", async () => {
    const attune = createAttune({
      consent: { policy: { version: "1", mode: "none" } },
      decisions: { ruleset },
    });
    await attune.ready();
    expect(await view(attune)).toEqual({ status: "memory" });
    await view(attune);
    expect(attune.decide("offer")).toMatchObject({ variant: "hats", reason: "rule" });
    expect(attune.snapshot().segments).toHaveProperty("browsing");
  });
});

describe("T7: a device or network that refuses", () => {
  it("falls back to memory, says so once, and still delivers", async () => {
    const { attune, events, errors, time } = await granted({ storage: "fails" });
    expect(await view(attune)).toEqual({ status: "memory" });
    expect(attune.snapshot().storage).toBe("memory");
    await time.advance(2000);
    expect(events()).toHaveLength(1);
    expect(errors).toHaveLength(1);
    await attune.consent.withdraw();
    await attune.close();
  });

  it("survives everything throwing", async () => {
    const boom = (): never => {
      throw new Error("no");
    };
    const { time, environment } = fakeEnvironment();
    const attune = createAttune({
      environment: {
        clock: time.clock,
        timers: time.timers,
        cookies: { read: boom, write: boom, remove: boom },
        storage: {
          get: boom,
          set: boom,
          enqueue: boom,
          merge: boom,
          share: boom,
          peek: boom,
          remove: boom,
          destroy: boom,
          close: boom,
        },
        network: { send: boom, sendConsent: boom, fetchRuleset: boom, onHide: boom },
        page: { read: boom },
        capture: boom,
        consentSync: boom,
        tzOffset: boom,
        report: boom,
        privacy: {
          get gpc() {
            return boom();
          },
        },
      },
      decisions: { ruleset },
    });
    expect(environment).toBeDefined();
    attune.start();
    await attune.consent.grant("all");
    expect(await view(attune)).toEqual({ status: "memory" });
    attune.subscribe(boom);
    expect(await attune.track("Odd", { self: boom, big: 1n })).toEqual({
      status: "dropped",
      reason: "not-serialisable",
    });
    await attune.flush();
    await time.advance(100_000);
    await attune.forget();
    await attune.consent.withdraw();
    await attune.close();
    expect(await view(attune)).toEqual({ status: "dropped", reason: "closed" });
  });
});

describe("decisions in the page", () => {
  it("stay the same object until they change, and change while the visitor acts", async () => {
    const { attune } = await granted();
    const before = attune.decide("offer");
    const hero = attune.decide("hero");
    const { scores } = attune.snapshot();
    expect(attune.snapshot()).toBe(attune.snapshot());
    await attune.track("Unrelated");
    expect(attune.decide("offer")).toBe(before);
    await view(attune);
    await view(attune);
    expect(attune.decide("offer")).not.toBe(before);
    expect(attune.decide("offer")).toMatchObject({ variant: "hats", value: { text: "More hats" } });
    expect(attune.decide("hero")).toBe(hero);
    expect(attune.snapshot().scores).not.toBe(scores);
    expect(attune.explain("offer").decision).toEqual(attune.decide("offer"));
  });

  it("are the server's until the page knows as much, and the first render never changes", async () => {
    const device = fakeDevice();
    await (await granted({ device })).attune.close();
    const server = {
      slot: "offer",
      variant: "hats",
      value: { text: "More hats" },
      reason: "rule",
      propensity: 1,
      rulesetVersion: "9-x",
      purposes: ["personalization"],
      isFallback: false,
    } as const;
    const consent = {
      v: 1,
      policyVersion: "1",
      mode: "opt-in",
      region: null,
      grants: { necessary: true, analytics: true, personalization: true, marketing: true, advertising: true },
      decidedAt: 1_700_000_000_000,
      source: "banner",
      revision: 1,
    } as const;
    const { attune } = make(
      { device },
      {
        initial: {
          ruleset,
          rulesetVersion: "9-x",
          stateVersion: 1,
          decisions: { offer: server },
          segments: { browsing: 5 },
          consent,
          now: 1_700_000_000_000,
        },
      },
    );
    expect(attune.decide("offer")).toBe(server);
    expect(attune.snapshot().segments).toEqual({ browsing: 5 });
    attune.start();
    expect(attune.decide("offer")).toBe(server);
    await attune.ready();
    expect(attune.decide("offer")).toMatchObject({ variant: "none", reason: "no-match" });
    expect(attune.initialDecision("offer")).toBe(server);
    expect(attune.initialSnapshot().segments).toEqual({ browsing: 5 });
  });

  it("made for a page that says nothing of consent hold on as far as the device's consent allows the same", async () => {
    const decided = (slot: string, reason: "rule" | "consent" | "no-match") => ({
      ...{ slot, variant: "from-server", value: slot, reason, propensity: null, rulesetVersion: "9-x" },
      ...{ purposes: ["personalization"] as const, isFallback: reason !== "rule" },
    });
    const decisions = {
      hero: decided("hero", "rule"),
      offer: decided("offer", "no-match"),
      notice: decided("notice", "consent"),
    };
    const page = { ruleset, rulesetVersion: "9-x", stateVersion: 1, segments: {}, consent: null, now: 0 };
    const variants = (attune: ReturnType<typeof make>["attune"]) =>
      ["hero", "offer", "notice"].map((slot) => attune.decide(slot).variant);
    const { device } = await granted();
    const known = make({ device }, { initial: { ...page, decisions } });
    expect(variants(known.attune)).toEqual(["from-server", "from-server", "from-server"]);
    known.attune.start();
    expect(variants(known.attune)).toEqual(["from-server", "from-server", "none"]);
    await known.attune.ready();
    expect(known.attune.decide("hero").reason).toBe("split");

    const unknown = make({}, { initial: { ...page, decisions: { hero: decisions.hero } } });
    unknown.attune.start();
    await unknown.attune.ready();
    expect(unknown.attune.decide("hero").reason).toBe("consent");
  });

  it("do not take a cached page's consent for this visitor's", async () => {
    const consent = {
      v: 1,
      policyVersion: "1",
      mode: "opt-in",
      region: null,
      grants: { necessary: true, analytics: true, personalization: true, marketing: true, advertising: true },
      decidedAt: 1_700_000_000_000,
      source: "banner",
      revision: 1,
    } as const;
    const { attune, device } = make(
      {},
      {
        initial: {
          ruleset,
          rulesetVersion: null,
          stateVersion: 1,
          decisions: {},
          segments: {},
          consent,
          now: 1_700_000_000_000,
        },
      },
    );
    attune.start();
    await attune.ready();
    expect(attune.consent.state.grants.personalization).toBe(false);
    expect(device.cookies.size).toBe(0);
  });

  it("are made for each context by itself, also where JSON cannot carry it", async () => {
    const policy = { type: "rules", rules: [{ when: { "context.vip": true }, variant: "vip" }] } as const;
    const slots = { door: { variants: { all: 0, vip: 1 }, fallback: "all", policy } };
    const { attune } = await granted({}, { decisions: { ruleset: { ...ruleset, slots } } });
    const seen = (vip: boolean) => attune.decide("door", { context: { vip, big: 1n } }).variant;
    expect([seen(true), seen(false), seen(true)]).toEqual(["vip", "all", "vip"]);
  });

  it("that fail show the fallback, and the page is told which slot it was and why", async () => {
    const cause = new Error("no");
    const policy = { type: "rules", rules: [{ when: { "context.vip": true }, variant: "vip" }] } as const;
    const slots = { door: { variants: { all: 0, vip: 1 }, fallback: "all", policy } };
    const { attune, errors } = await granted({}, { decisions: { ruleset: { ...ruleset, slots } } });
    const context = {
      get vip() {
        throw cause;
      },
    };
    expect(attune.decide("door", { context })).toMatchObject({ variant: "all", reason: "error" });
    expect(errors).toContainEqual(
      expect.objectContaining({ code: "ATTUNE_DECISIONS_FAILED", path: "/slots/door", cause }),
    );
  });

  it("can be forced, and forced ones are never counted", async () => {
    const { attune, events, time } = await granted(
      {},
      { decisions: { ruleset, overrides: { hero: "bold", offer: "no-such" } } },
    );
    expect(attune.decide("hero")).toMatchObject({ variant: "bold", reason: "override" });
    expect(attune.decide("offer")).toMatchObject({ variant: "none" });
    attune.expose("hero");
    await time.advance(2000);
    expect(events()).toEqual([]);
  });

  it("are counted once per visitor, variant and experiment, across pages", async () => {
    const device = fakeDevice();
    const first = await granted({ device });
    first.attune.expose("hero");
    first.attune.expose("hero");
    first.attune.expose("offer");
    await first.time.advance(2000);
    const { variant } = first.attune.decide("hero");
    expect(first.events()).toMatchObject([
      {
        name: "Variant Exposed",
        properties: { slot: "hero", variant, experiment: "hero-1", propensity: 0.5 },
      },
    ]);
    await first.attune.close();
    const second = make({ device });
    second.attune.start();
    second.attune.expose("hero");
    await second.attune.ready();
    await second.time.advance(2000);
    expect(second.attune.decide("hero")).toEqual(first.attune.decide("hero"));
    expect(second.events()).toEqual([]);
  });

  it("are told again where consent has come to cover more, and only there", async () => {
    const device = fakeDevice();
    const { attune, events, time } = make({ device });
    attune.start();
    await attune.consent.grant(["personalization"]);
    attune.expose("hero");
    attune.expose("hero");
    await attune.consent.grant(["analytics"]);
    attune.expose("hero");
    attune.expose("hero");
    await attune.consent.grant(["marketing"]);
    attune.expose("hero");
    await attune.consent.deny(["analytics"]);
    attune.expose("hero");
    await time.advance(2000);
    await attune.close();
    const later = make({ device });
    later.attune.start();
    await later.attune.consent.grant(["analytics"]);
    later.attune.expose("hero");
    await later.time.advance(2000);
    expect([...events(), ...later.events()].map(({ name }) => name)).toEqual(
      Array(2).fill("Variant Exposed"),
    );
  });

  it("count for the purposes that held when they were seen, for none granted since", async () => {
    const { attune, events, time } = make();
    attune.start();
    await attune.consent.grant(["personalization"]);
    attune.expose("hero");
    await time.advance(2000);
    await attune.consent.grant(["analytics"]);
    attune.expose("hero");
    await time.advance(2000);
    const told = events().map(({ consent }) => (consent as { purposes: string[] }).purposes);
    expect(told.map((purposes) => purposes.includes("analytics"))).toEqual([false, true]);
  });

  it("are counted again when the experiment runs under another policy, each with its own propensity", async () => {
    const { attune, events, time } = await granted();
    attune.expose("hero");
    const { variant } = attune.decide("hero");
    const { hero, ...others } = ruleset.slots as { hero: SlotDefinition };
    const weights = {
      plain: 0.5,
      bold: 0.5,
      [variant as string]: 1,
      [variant === "bold" ? "plain" : "bold"]: 0,
    };
    const policy = { ...(hero.policy as SplitPolicy), weights };
    attune.loadRuleset({ ...ruleset, revision: 2, slots: { ...others, hero: { ...hero, policy } } });
    attune.expose("hero");
    attune.expose("hero");
    await time.advance(2000);
    const seen = events().map(({ properties }) => properties as Record<string, unknown>);
    expect(seen.map(({ propensity }) => propensity)).toEqual([0.5, 1]);
    expect(new Set(seen.map(({ policyVersion }) => policyVersion)).size).toBe(2);
  });

  it("come from the server's ruleset where none was handed in", async () => {
    const { attune } = await granted({ ruleset }, { decisions: {} });
    await attune.ready();
    expect(attune.snapshot().rulesetVersion).toMatch(/^1-/);
    expect(() => attune.loadRuleset({ schemaVersion: 1 } as unknown as Ruleset)).toThrowError(
      expect.toSatisfy(isAttuneError),
    );
    expect(attune.snapshot().rulesetVersion).toMatch(/^1-/);
  });
});

describe("what tools try out", () => {
  it("is shown, explained as forced, never counted, and over when the tool says so", async () => {
    const { attune } = await granted();
    const before = attune.decide("offer");
    attune.force("offer", "hats");
    expect(attune.decide("offer")).toMatchObject({ variant: "hats", reason: "override", propensity: null });
    attune.expose("offer");
    attune.force("offer", "no such variant");
    expect(attune.decide("offer").reason).toBe("no-match");
    attune.force("offer", null);
    expect(attune.decide("offer")).toEqual(before);

    attune.simulate({ segments: ["browsing"], attributes: { productViews: 9 } });
    expect(attune.decide("offer")).toMatchObject({ variant: "hats", reason: "override", propensity: null });
    expect(attune.decide("notice")).toMatchObject({ variant: "many", reason: "override" });
    expect(Object.keys(attune.snapshot().segments)).toEqual(["browsing"]);
    expect(attune.snapshot().features.productViews).toBe(0);
    attune.expose("offer");
    attune.simulate(null);
    expect(attune.decide("offer")).toEqual(before);
    expect(attune.snapshot().segments).toEqual({});
    expect((await attune.export()).exposures).toEqual([]);
  });

  it("needs the visitor's consent all the same", async () => {
    const { attune } = make();
    attune.start();
    await attune.ready();
    attune.simulate({ segments: ["browsing"] });
    expect(attune.decide("offer").reason).toBe("consent");
  });
});
