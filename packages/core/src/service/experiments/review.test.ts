import { describe, expect, it } from "vitest";
import { contextualShares } from "../../decisions/contextual.js";
import type { BanditPolicy, ContextualPolicy, Ruleset } from "../../decisions/types.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { sample } from "../service.test.suite.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULESET: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  metrics: { bought: { type: "conversion", event: "Order Completed" } },
  slots: {
    cta: {
      variants: { a: 1, b: 2 },
      fallback: "a",
      policy: { type: "rules", rules: [{ variant: "a" }] },
    },
  },
};

function begin() {
  const clock = createFakeClock();
  const [hot, log] = [memoryStore({ clock }), memoryLog({ clock })];
  const parts = { stores: { hot }, log, clock };
  const service = () => createPersonalizationService({ ...parts, worker: false });
  let visitors = 0;
  const one = createPersonalizationService({ ...parts, ruleset: RULESET });
  /** As many visitors of a variant, of whom each so-manieth buys. */
  async function shown(count: number, variant: string, every: number): Promise<void> {
    const events = Array.from({ length: count }, (_, i) => {
      const visitorId = `v${visitors++}`;
      const of = (id: string, name: string, properties: object) =>
        sample({
          id: `${visitorId}-${id}`,
          visitorId,
          sessionId: visitorId,
          name,
          properties,
          occurredAt: clock.now(),
        });
      return [
        of("x", "Variant Exposed", { experiment: "try", slot: "cta", variant }),
        ...(i % every === 0 ? [of("o", "Order Completed", { revenue: 1 })] : []),
      ];
    }).flat();
    await one.ingest(events, { waitMs: 10_000 });
    await one.settled();
  }
  /** One more visitor, of whom these are told one after the other. */
  async function told(
    events: readonly (readonly [name: string, properties: object])[],
    consent: object = {},
  ): Promise<string> {
    const visitorId = `t${visitors++}`;
    const of = ([name, properties]: readonly [string, object], i: number) =>
      sample({
        ...{ id: `${visitorId}-${i}`, visitorId, sessionId: visitorId, name, properties },
        ...{ seq: i, occurredAt: clock.now() + i, ...consent },
      });
    await one.ingest(events.map(of));
    return visitorId;
  }
  return { clock, service, one, shown, told };
}

const shares = async (service: ReturnType<ReturnType<typeof begin>["service"]>) =>
  ((await service.ruleset())?.ruleset.slots["cta"]?.policy as BanditPolicy).shares;

describe("a look at what runs", () => {
  it("gives a bandit new shares when its time has come, once for all processes", async () => {
    const { clock, service, one, shown } = begin();
    const two = service();
    await one.experiments.define({
      id: "try",
      name: "Which one sells?",
      slot: "cta",
      policy: { type: "bandit", shares: { a: 0.5, b: 0.5 } },
      measures: { primary: "bought" },
      learning: { everyMs: HOUR, memory: { type: "all" } },
    });
    await one.experiments.act("try", { type: "start" });
    await shown(300, "a", 20);
    await shown(300, "b", 5);
    const reviews = await Promise.all([one.experiments.review(), two.experiments.review()]);
    expect(reviews.flat().filter(({ learned }) => learned?.changed)).toHaveLength(1);
    const after = await shares(one);
    expect(after["b"]).toBeGreaterThan(0.95);
    expect(after["a"]).toBeGreaterThanOrEqual(0.01);
    const { version } = (await one.ruleset()) ?? {};
    // Not before an hour is over.
    await shown(600, "a", 2);
    expect((await one.experiments.review())[0]?.learned).toBeNull();
    expect((await one.ruleset())?.version).toBe(version);
    clock.advance(HOUR);
    expect((await two.experiments.review())[0]?.learned?.changed).toBe(true);
    expect((await shares(two))["a"]).toBeGreaterThan(0.9);
    // Shares that follow what is learned say nothing of how many there should be.
    expect((await one.experiments.results("try"))?.report.sampleRatio.state).toBe("untested");
    await Promise.all([one.close(), two.close()]);
  });

  it("gives a contextual policy the beliefs that its decisions teach, of each visitor by what was known before", async () => {
    const { clock, service, one, told } = begin();
    const two = service();
    const unknown = { mean: [0, 0], covariance: [1, 0, 1] };
    const define = (learning: object) =>
      one.experiments.define({
        id: "try",
        name: "Which one sells to whom?",
        slot: "cta",
        policy: {
          type: "contextual",
          context: [{ attribute: "productViews", centre: 1 }],
          arms: { a: unknown, b: unknown },
        },
        measures: { primary: "bought" },
        learning,
      });
    expect(await define({ halfLife: -1 })).toMatchObject({
      ok: false,
      error: [{ path: "/learning/halfLife", code: "ATTUNE_EXPERIMENT_LEARNING" }],
    });
    expect(await define({ floor: 0.6 })).toMatchObject({ ok: false, error: [{ path: "/learning/floor" }] });
    expect((await define({ everyMs: HOUR, halfLife: 5000, floor: 0.02 })).ok).toBe(true);
    await one.experiments.act("try", { type: "start" });
    // Nobody was exposed yet.
    expect((await one.experiments.review())[0]?.learned).toBeNull();
    // Who looked at two products buys after a, who looked at none after b.
    for (let i = 0; i < 300; i++) {
      const hasLooked = i % 2 === 0;
      const variant = i % 4 < 2 ? "a" : "b";
      const buys = i % 20 < 4 || (hasLooked === (variant === "a") && i % 3 > 0);
      await told([
        ...(hasLooked
          ? [["Product Viewed", { product_id: "p" }] as const, ["Product Viewed", {}] as const]
          : []),
        ["Variant Exposed", { experiment: "try", slot: "cta", variant, propensity: 0.5 }],
        ...(buys ? [["Order Completed", { revenue: 1 }] as const] : []),
        // What comes after the exposure is not what the decision knew.
        ...(hasLooked ? [] : [["Product Viewed", {}] as const, ["Product Viewed", {}] as const]),
      ]);
    }
    await one.settled();
    // That there was nothing to learn from was noted too: it is looked at by the hour.
    expect((await one.experiments.review())[0]?.learned).toBeNull();
    clock.advance(HOUR);
    const reviews = await Promise.all([one.experiments.review(), two.experiments.review()]);
    const learned = reviews.flat().flatMap((review) => (review.learned?.changed ? [review.learned] : []));
    expect(learned).toHaveLength(1);
    expect(learned[0]?.variants).toMatchObject([
      { variant: "a", decisions: 150 },
      { variant: "b", decisions: 150 },
    ]);
    const policy = (await one.ruleset())?.ruleset.slots["cta"]?.policy as ContextualPolicy;
    expect(policy.floor).toBe(0.02);
    const sharesOf = contextualShares(policy);
    const [[toLookers = 0], [toOthers = 0]] = [sharesOf({ productViews: 2 }), sharesOf({ productViews: 0 })];
    expect(toLookers).toBeGreaterThan(0.95);
    expect(toOthers).toBeLessThan(0.05);
    // Nothing came since: nothing is published.
    clock.advance(HOUR);
    expect((await two.experiments.review())[0]?.learned?.changed).toBe(false);
    await Promise.all([one.close(), two.close()]);
  });

  it("learns from nobody who has withdrawn, nor from what analytics do not cover, and asks them about no policy", async () => {
    const { clock, one, told } = begin();
    const unknown = { mean: [0, 0], covariance: [1, 0, 1] };
    await one.experiments.define({
      ...{ id: "try", name: "Which one sells to whom?", slot: "cta", measures: { primary: "bought" } },
      policy: {
        type: "contextual",
        context: [{ attribute: "productViews" }],
        arms: { a: unknown, b: unknown },
      },
    });
    await one.experiments.act("try", { type: "start" });
    const seen = (variant: string) =>
      [
        ["Variant Exposed", { experiment: "try", slot: "cta", variant, propensity: 0.5 }],
        ["Order Completed", { revenue: 1 }],
      ] as const;
    const under = (...purposes: string[]) => ({ consent: { purposes, policyVersion: "1" } });
    for (let i = 0; i < 6; i++) await told(seen("a"));
    for (let i = 0; i < 3; i++) await told(seen("b"), under("necessary", "personalization"));
    const gone = await Promise.all([0, 1, 2, 3].map(() => told(seen("b"))));
    await one.settled();
    for (const visitorId of gone) {
      const purposes = { analytics: false, personalization: false };
      const said = { purposes, policyVersion: "1", source: "preferences" as const, at: clock.now() };
      expect((await one.consent({ visitorId }, said)).ok).toBe(true);
    }
    expect((await one.experiments.review())[0]?.learned?.variants).toMatchObject([
      { variant: "a", decisions: 6 },
      { variant: "b", decisions: 0 },
    ]);
    const candidate = { type: "split" as const, experiment: "try", weights: { a: 0.5, b: 0.5 } };
    const asked = await one.experiments.evaluate({ experiment: "try", candidate });
    expect(asked).toMatchObject({ ok: true, value: { value: { decisions: 6 } } });
    await one.close();
  });

  it("notes what the rule has come to, for a person to act on, and only when it is news", async () => {
    const { clock, one, shown } = begin();
    await one.experiments.define({
      id: "try",
      name: "Does b sell?",
      slot: "cta",
      policy: { type: "split", weights: { a: 0.5, b: 0.5 } },
      measures: { primary: "bought" },
    });
    await one.experiments.act("try", { type: "start" });
    // The first visitor is early, and no fault.
    await shown(1, "a", 1);
    expect((await one.experiments.results("try"))?.report.decision.state).toBe("collecting");
    await shown(500, "a", 10);
    await shown(500, "b", 3);
    expect(await one.experiments.review()).toEqual([{ id: "try", proposal: null, learned: null }]);
    clock.advance(8 * DAY);
    const [news] = await one.experiments.review();
    expect(news?.proposal).toMatchObject({
      state: "winner",
      variant: "b",
      metric: "bought",
      at: clock.now(),
    });
    clock.advance(DAY);
    await one.experiments.review();
    expect((await one.experiments.get("try"))?.proposal).toEqual(news?.proposal);
    // Nothing happens by itself.
    expect(await one.experiments.get("try")).toMatchObject({ status: "running", revision: 2 });
    const noted = (await one.audit.list()).filter(({ type }) => type === "experiment-proposal");
    expect(noted).toHaveLength(1);
    await one.close();
  });
});
