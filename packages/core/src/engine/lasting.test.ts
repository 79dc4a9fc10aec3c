import { describe, expect, it } from "vitest";
import { type FakeDevice, fakeDevice } from "../../test/fake-environment.js";
import { granted, make } from "../../test/shop.js";
import type { Decision, Ruleset } from "../decisions/types.js";
import { compileRuleset, variantDecision } from "../decisions/index.js";
import { ALL_GRANTS, type ConsentRecord } from "../consent/index.js";
import type { Condition } from "../targeting/index.js";
import { lastsBy } from "./recording/lasting.js";

/** One slot by what only the server knows, one by what the page knows as well. */
const rules = (revision = 1): Ruleset => ({
  schemaVersion: 1,
  revision,
  slots: {
    greeting: {
      variants: { plain: "Hello", north: "Moin" },
      fallback: "plain",
      policy: { type: "rules", rules: [{ when: { $or: [{ "context.region": "DE" }] }, variant: "north" }] },
    },
    pages: {
      variants: { few: "few", many: "many" },
      fallback: "few",
      policy: { type: "rules", rules: [{ when: { pagesThisSession: { $gte: 100 } }, variant: "many" }] },
    },
  },
});
const served = compileRuleset(rules());
const decisions = Object.fromEntries(
  ["greeting", "pages"].map((slot): [string, Decision] => [
    slot,
    served.decide(slot, {
      id: "v1",
      attributes: { context: { region: "DE" }, pagesThisSession: 100 },
      segments: {},
      consent: ALL_GRANTS,
    }),
  ]),
);

const initial = (given: Record<string, Decision>) => ({
  ruleset: rules(),
  rulesetVersion: served.version,
  stateVersion: 1,
  decisions: given,
  segments: {},
  consent: null,
  now: 0,
});

async function openPage(given: Record<string, Decision> = decisions) {
  const { attune } = make(
    {},
    {
      decisions: {},
      initial: initial(given),
      consent: { policy: { version: "1", mode: "none" } },
    },
  );
  attune.start();
  await attune.ready();
  const shown = () => [attune.decide("greeting").variant, attune.decide("pages").variant];
  return { attune, shown };
}

/** A page on the device of somebody who is asked first, and what the device knows of the answer. */
async function openWithConsent(
  given: Record<string, Decision>,
  device: FakeDevice,
  consent: ConsentRecord | null,
) {
  const { attune } = make({ device }, { decisions: {}, initial: { ...initial(given), consent } });
  const greeting = () => {
    const { variant, reason } = attune.decide("greeting");
    return `${variant}/${reason}`;
  };
  return { attune, greeting };
}

describe("what only the server could decide", () => {
  it("stays when the page decides by itself, for the slots that read its context alone", async () => {
    const { attune, shown } = await openPage();
    expect(shown()).toEqual(["north", "few"]);
    // Who has a context to offer decides by it.
    expect(attune.decide("greeting", { context: { region: "FR" } }).variant).toBe("plain");
    expect(attune.decide("greeting").reason).toBe("rule");
  });

  it("goes with the visitor, and with the ruleset it was decided by", async () => {
    for (const change of ["reset", "forget", "ruleset", "withdraw"] as const) {
      const { attune, shown } = await openPage();
      if (change === "reset") await attune.reset();
      if (change === "forget") await attune.forget();
      if (change === "ruleset") attune.loadRuleset(rules(2));
      if (change === "withdraw") await attune.consent.withdraw();
      expect([change, ...shown()]).toEqual([change, "plain", "few"]);
    }
  });

  it("does not come back with the page's own decisions, where it went before", async () => {
    const { device, attune: first } = await granted();
    const consent = first.consent.receipt();
    const open = () => openWithConsent(decisions, device, consent);
    for (const change of ["reset", "forget", "withdraw"] as const) {
      const { attune, greeting } = await open();
      attune.start();
      expect([change, greeting()]).toEqual([change, "north/rule"]);
      const done = change === "withdraw" ? attune.consent.withdraw() : attune[change]();
      await attune.ready();
      await done;
      expect([change, greeting()]).toEqual([
        change,
        change === "withdraw" ? "plain/consent" : "plain/no-match",
      ]);
      await attune.close();
      await first.consent.grant("all");
    }
    // Made before a withdrawal, as a page that the browser has kept.
    await first.consent.withdraw();
    const { attune, greeting } = await open();
    attune.start();
    expect(greeting()).toBe("plain/consent");
    await attune.ready();
    expect(greeting()).toBe("plain/consent");
  });

  it("counts as decided under consent, on a page of everybody's too", async () => {
    const { attune, greeting } = await openWithConsent(decisions, fakeDevice(), null);
    expect(greeting()).toBe("north/rule");
    attune.start();
    expect(greeting()).toBe("plain/consent");
    await attune.ready();
    expect(greeting()).toBe("plain/consent");
  });

  it("is decided anew with consent, where the page was made for those without", async () => {
    const north = (when: Condition) => ({ when, variant: "north" });
    const either: Ruleset = {
      ...rules(),
      slots: {
        greeting: {
          variants: { plain: "Hello", north: "Moin" },
          fallback: "plain",
          policy: {
            type: "rules",
            rules: [north({ "context.region": "DE" }), north({ pagesThisSession: { $gte: 1 } })],
          },
        },
      },
    };
    const compiled = compileRuleset(either);
    // As the code of a page says it: what is shown, and not that consent was the reason.
    const shown = variantDecision(compiled, "greeting", null);
    expect(shown.reason).toBe("no-match");
    const { attune } = make(
      {},
      {
        decisions: {},
        initial: { ...initial({ greeting: shown }), ruleset: either, rulesetVersion: compiled.version },
      },
    );
    attune.start();
    await attune.ready();
    expect(attune.decide("greeting").reason).toBe("consent");
    await attune.consent.grant("all");
    await attune.page();
    expect(attune.decide("greeting").variant).toBe("north");
  });

  it("is not what stood in for a decision that failed", async () => {
    const failed = { ...(decisions.greeting as Decision), reason: "error" as const, rulesetVersion: null };
    const { shown } = await openPage({ greeting: failed });
    expect(shown()).toEqual(["plain", "few"]);
  });
});

describe("what reads a context", () => {
  const base = { variants: { a: 1, b: { context: 2 } }, fallback: "a" };
  const rulesPolicy = (rule: object) => ({
    ...base,
    policy: { type: "rules", rules: [{ variant: "a", ...rule }] },
  });
  const assigning = (policy: object) => ({
    ...base,
    policy: { type: "bandit", experiment: "e", shares: { a: 1 }, ...policy },
  });
  const contextual = (attribute: string) => ({
    ...base,
    policy: {
      ...{ type: "contextual", experiment: "e", context: [{ attribute }] },
      arms: { a: { mean: [0, 0], covariance: [1, 0, 1] } },
    },
  });
  const lasts = (slot: object) => {
    const ruleset = {
      ...{ schemaVersion: 1, revision: 1 },
      groups: {
        g: { type: "condition", condition: { "context.plan": 1 } },
        plain: { type: "condition", condition: { plan: 1 } },
      },
      holdouts: { h: { share: 0.1, hashAttribute: "context.account" }, plain: { share: 0.1 } },
      exclusionGroups: { x: { fallbackAttribute: "context.account" }, plain: {} },
      slots: {
        slot,
        other: rulesPolicy({ when: { context: null } }),
        chain: rulesPolicy({ prerequisites: [{ slot: "other", variants: ["a"] }] }),
      },
    } as unknown as Ruleset;
    const compiled = compileRuleset(ruleset);
    const decision = compiled.decide("slot", { id: "v", attributes: {}, consent: ALL_GRANTS });
    return lastsBy(compiled)(decision);
  };

  it.each<[boolean, object]>([
    [false, rulesPolicy({ when: { plan: "context" } })],
    [false, contextual("cartValue")],
    [true, contextual("context.cart")],
    [false, assigning({ hashAttribute: "account" })],
    [true, assigning({ hashAttribute: "context.account" })],
    [true, rulesPolicy({ when: { $savedGroup: { id: "g" } } })],
    [false, rulesPolicy({ when: { $savedGroup: { id: "plain" } } })],
    [true, rulesPolicy({ holdouts: ["plain", "h"] })],
    [false, rulesPolicy({ holdouts: ["plain"] })],
    [true, rulesPolicy({ exclusion: [{ group: "x", ranges: [[0, 1]] }] })],
    [false, rulesPolicy({ exclusion: [{ group: "plain", ranges: [[0, 1]] }] })],
    [true, rulesPolicy({ prerequisites: [{ slot: "chain", variants: ["a"] }] })],
  ])("%j: %j", (expected, slot) => {
    expect(lasts(slot)).toBe(expected);
  });
});
