import { describe, expect, it } from "vitest";
import { fakeEnvironment, fakeTime } from "../../test/fake-environment.js";
import { compileRuleset, type Ruleset } from "../decisions/index.js";
import { createAttune } from "./create-attune.js";

const withBandit = (revision: number, shares: Record<string, number> = { a: 0, b: 1 }): Ruleset => ({
  schemaVersion: 1,
  revision,
  slots: {
    cta: {
      ...{ variants: { a: "A", b: "B" }, fallback: "a", purposes: [] },
      policy: {
        type: "rules",
        rules: [{ policy: { type: "bandit", experiment: "e", shares, hashAttribute: "context.id" } }],
      },
    },
  },
});
const asked = { context: { id: "v" } };

describe("a ruleset that takes more than a page has at first", () => {
  it("decides once that is there, which ready() waits for; until then nothing is settled", async () => {
    const attune = createAttune({ decisions: { ruleset: withBandit(1) } });
    expect(attune.decide("cta", asked).reason).toBe("not-ready");
    expect(attune.settled("cta")).toBe(false);
    expect(attune.ruleset()).toBeNull();
    await attune.ready();
    expect(attune.decide("cta", asked)).toMatchObject({ variant: "b", reason: "bandit", propensity: 1 });
    expect(attune.explain("cta").steps.length).toBeGreaterThan(2);
    await attune.close();
  });

  it("ranks what goes with what was looked at, as the server does, and gives the same ranking while it is the same", async () => {
    const ruleset: Ruleset = {
      ...{ schemaVersion: 1, revision: 1 },
      slots: {
        shelf: {
          ...{ variants: { none: "", tents: "/t", stoves: "/s" }, fallback: "none", purposes: [] },
          policy: {
            type: "recommended",
            history: ["context.viewed"],
            arms: { tents: { popularity: 0.5 }, stoves: { popularity: 0.1, with: { lamps: 0.7 } } },
          },
        },
      },
    };
    const attune = createAttune({ decisions: { ruleset } });
    expect(attune.decide("shelf").reason).toBe("not-ready");
    await attune.ready();
    const decide = (...viewed: string[]) => attune.decide<string>("shelf", { context: { viewed } });
    const lamps = decide("lamps");
    expect(lamps).toMatchObject({ variant: "stoves", value: "/s", reason: "recommended" });
    expect(lamps.ranking).toEqual([
      { variant: "stoves", value: "/s" },
      { variant: "tents", value: "/t" },
    ]);
    expect(decide("lamps")).toBe(lamps);
    expect(decide()).toMatchObject({ variant: "tents" });
    const server = compileRuleset(ruleset);
    const visitor = { id: null, attributes: { context: { viewed: ["lamps"] } }, consent: {} as never };
    expect(server.decide("shelf", visitor)).toEqual(lamps);
    await attune.close();
  });

  it("decides at once where it was compiled", () => {
    const attune = createAttune({ decisions: { ruleset: compileRuleset(withBandit(1)) } });
    expect(attune.decide("cta", asked).variant).toBe("b");
  });

  it("is held to what the server decided until then", async () => {
    const ruleset = withBandit(1);
    const compiled = compileRuleset(ruleset);
    const decision = {
      ...compiled.decide("cta", { id: null, attributes: asked, consent: {} as never }),
      variant: "a",
      value: "A",
    };
    const attune = createAttune({
      initial: {
        ruleset,
        rulesetVersion: compiled.version,
        stateVersion: 1,
        decisions: { cta: decision },
        segments: {},
        consent: null,
        now: 0,
      },
    });
    expect(attune.decide("cta")).toMatchObject({ variant: "a", reason: decision.reason });
    expect(attune.settled("cta")).toBe(true);
    await attune.close();
  });

  it("touches nothing before the engine is started, and asks for no other ruleset", async () => {
    const time = fakeTime(1_700_000_000_000);
    const world = fakeEnvironment({ time });
    const attune = createAttune({ environment: world.environment, decisions: { ruleset: withBandit(1) } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(attune.ruleset()).toBeNull();
    attune.start();
    await expect.poll(() => attune.ruleset()?.revision).toBe(1);
    await attune.close();
  });

  it("gives way to what is loaded after it, whichever arrives first", async () => {
    const attune = createAttune();
    attune.loadRuleset(withBandit(1));
    const plain: Ruleset = { schemaVersion: 1, revision: 2, slots: {} };
    attune.loadRuleset(plain);
    await attune.ready();
    expect(attune.ruleset()?.revision).toBe(2);
    attune.loadRuleset(withBandit(3));
    attune.loadRuleset(withBandit(4, { a: 1, b: 0 }));
    expect(attune.ruleset()?.revision).toBe(2);
    await expect.poll(() => attune.ruleset()?.revision).toBe(4);
    expect(attune.decide("cta", asked).variant).toBe("a");
    await attune.close();
  });

  it("that cannot be compiled is reported, and what decided before goes on", async () => {
    const reports: unknown[] = [];
    const world = fakeEnvironment({ time: fakeTime(1_700_000_000_000) });
    const attune = createAttune({
      environment: { ...world.environment, report: (error: unknown) => void reports.push(error) },
      decisions: { ruleset: { schemaVersion: 1, revision: 1, slots: {} } },
    });
    attune.start();
    attune.loadRuleset(withBandit(2, { nobody: 1 }));
    await expect.poll(() => reports.length).toBe(1);
    expect(reports[0]).toMatchObject({ code: "ATTUNE_DECISIONS_INVALID_RULESET", path: "/slots/cta" });
    expect(attune.ruleset()?.revision).toBe(1);
    expect(() => attune.loadRuleset({} as never)).toThrow(/No valid ruleset/);
    await attune.close();
  });

  it("forces its combinations too", async () => {
    const factors = { title: { short: "Hi", long: "Hello" } };
    const attune = createAttune({
      decisions: {
        overrides: { page: "title:long" },
        ruleset: {
          ...withBandit(1),
          slots: {
            page: {
              variants: { old: null },
              fallback: "old",
              policy: { type: "factorial", experiment: "p", factors },
            },
          },
        },
      },
    });
    await attune.ready();
    expect(attune.decide("page")).toMatchObject({ reason: "override", value: { title: "Hello" } });
    await attune.close();
  });
});

describe("a ruleset with regular expressions", () => {
  it("is one of those", async () => {
    const attune = createAttune({
      decisions: {
        ruleset: {
          ...{ schemaVersion: 1, revision: 1 },
          groups: { german: { type: "condition", condition: { "context.path": { $regex: "^/de/" } } } },
          slots: {
            cta: {
              ...{ variants: { a: "A", b: "B" }, fallback: "a", purposes: [] },
              policy: { type: "rules", rules: [{ when: { $savedGroup: { id: "german" } }, variant: "b" }] },
            },
          },
        },
      },
    });
    expect(attune.ruleset()).toBeNull();
    await attune.ready();
    expect(attune.decide("cta", { context: { path: "/de/garden" } }).variant).toBe("b");
    expect(attune.decide("cta", { context: { path: "/en/garden" } }).variant).toBe("a");
    await attune.close();
  });
});
