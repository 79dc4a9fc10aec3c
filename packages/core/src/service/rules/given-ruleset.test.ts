import { describe, expect, it } from "vitest";
import { memoryStore } from "../../memory/index.js";
import type { AtomicStore } from "../../ports/store.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { auditPartition, SORT } from "../layout/partitions.js";
import { RULESET, T0 } from "../service.test.suite.js";

const withValue = (value: unknown) => ({
  ...RULESET,
  slots: { hero: { ...RULESET.slots.hero, variants: { plain: value, loyal: "loyal" } } },
});
const circle: Record<string, unknown> = {};
circle.again = circle;
const silent = { report: () => undefined };

describe("a given ruleset with a piece that JSON cannot carry", () => {
  it.each([
    ["a bigint", 10n],
    ["a circle", circle],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["nothing", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    [
      "what throws",
      {
        toJSON() {
          throw new Error("no");
        },
      },
    ],
  ])("is refused when it is given, not at every later use: %s", async (_what, value) => {
    const stores = { hot: memoryStore() };
    const ruleset = withValue(value);
    expect(() => createPersonalizationService({ stores, ruleset, ...silent })).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERVICE_RULESET" }),
    );
    const service = createPersonalizationService({ stores, ...silent });
    expect(await service.loadRuleset(ruleset)).toMatchObject({ ok: false });
    expect(await service.ruleset()).toBeNull();
    await service.close();
  });

  it("is taken as it was given, whatever becomes of the document later", async () => {
    const ruleset = structuredClone(RULESET);
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset });
    ruleset.slots.hero.fallback = "gone";
    expect((await service.decide({ id: "v" })).decisions.hero).toMatchObject({ value: "plain" });
    await service.close();
  });
});

describe("what becomes of a stored ruleset", () => {
  it("is said by one of two words", () => {
    const onStoredRuleset = "Replace" as "replace";
    expect(() => createPersonalizationService({ stores: { hot: memoryStore() }, onStoredRuleset })).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERVICE_RULESET", path: "/onStoredRuleset" }),
    );
  });
});

describe("a store of rulesets that fails later", () => {
  it("leaves the slots the fallbacks that are known here", async () => {
    const inner = memoryStore();
    let away = false;
    const durable: AtomicStore = {
      ...inner,
      get: (...args) => (away ? Promise.reject(new Error("away")) : inner.get(...args)),
    };
    const clock = createFakeClock(T0);
    const service = createPersonalizationService({
      stores: { hot: memoryStore(), durable },
      keys: { key: async () => new Uint8Array(32) },
      ruleset: RULESET,
      clock,
      ...silent,
    });
    const { rulesetVersion } = await service.decide({ id: null });
    away = true;
    clock.advance(60_000);
    expect(await service.decide({ id: null })).toMatchObject({
      decisions: { hero: { variant: "plain", value: "plain", reason: "error", isFallback: true } },
      rulesetVersion,
    });
    await service.close();
  });
});

describe("a ruleset that is published while the audit log cannot be written", () => {
  it("is noted there by whoever tries again, once", async () => {
    const inner = memoryStore();
    let away = true;
    const hot: AtomicStore = {
      ...inner,
      put: (partition, ...rest) =>
        away && partition === auditPartition("default")
          ? Promise.reject(new Error("away"))
          : inner.put(partition, ...rest),
    };
    const service = createPersonalizationService({ stores: { hot } });
    await expect(service.loadRuleset(RULESET, { actor: "ann" })).rejects.toThrow("away");
    away = false;
    for (let i = 0; i < 2; i++)
      expect(await service.loadRuleset(RULESET, { actor: "bob" })).toMatchObject({
        value: { changed: false },
      });
    expect(await service.audit.list()).toMatchObject([
      { type: "ruleset", actor: "ann", detail: { revision: 1 } },
    ]);
    await service.close();
  });
});

describe("T22 a process that ends between publishing a ruleset and noting it", () => {
  it("leaves the note to whoever publishes next, the same ruleset or another", async () => {
    for (const next of [RULESET, withValue("later")]) {
      const hot = memoryStore();
      const ending: AtomicStore = {
        ...hot,
        put: (partition, ...rest) =>
          partition === auditPartition("default")
            ? new Promise(() => undefined)
            : hot.put(partition, ...rest),
      };
      const first = createPersonalizationService({ stores: { hot: ending } });
      void first.loadRuleset(RULESET, { actor: "ann" });
      await expect.poll(async () => (await first.ruleset())?.ruleset.revision).toBe(1);
      const second = createPersonalizationService({ stores: { hot } });
      const loaded = await second.loadRuleset(next, { actor: "bob", replace: true });
      const ann = { type: "ruleset", actor: "ann", detail: { revision: 1 } };
      const bob = { type: "ruleset", actor: "bob", detail: { revision: 2 } };
      expect(loaded).toMatchObject({ ok: true, value: { changed: next !== RULESET } });
      expect(await second.audit.list()).toMatchObject(next === RULESET ? [ann] : [ann, bob]);
      await second.close();
    }
  });
});

describe("rulesets that are put in place at the same moment", () => {
  it("follow each other within one process, and say what hinders them beside others", async () => {
    const hot = memoryStore();
    const named = (name: string) => withValue(name);
    const service = createPersonalizationService({ stores: { hot } });
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => service.loadRuleset(named(`${i}`), { replace: true })),
    );
    expect(all.filter(({ ok }) => ok)).toHaveLength(20);
    expect((await service.ruleset())?.ruleset.revision).toBe(20);
    const overtaken = createPersonalizationService({
      stores: {
        hot: {
          ...hot,
          put: (partition, sort, ...rest) =>
            sort === SORT.ruleset
              ? Promise.resolve({ written: false, version: 1 })
              : hot.put(partition, sort, ...rest),
        },
      },
    });
    await expect(overtaken.loadRuleset(named("x"), { replace: true })).rejects.toMatchObject({
      code: "ATTUNE_SERVICE_CONTENTION",
    });
    await service.close();
    await overtaken.close();
  });
});

describe("T22 a given ruleset that is published at the start", () => {
  it("stands in the audit log once, however often a service starts with it", async () => {
    const stores = { hot: memoryStore() };
    for (let start = 0; start < 2; start++) {
      const service = createPersonalizationService({ stores, ruleset: RULESET });
      const version = (await service.ruleset())?.version;
      const entries = await service.audit.list();
      expect(entries).toMatchObject([{ type: "ruleset", actor: "system", detail: { version } }]);
      await service.close();
    }
  });
});
