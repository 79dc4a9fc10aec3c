import { describe, expect, it } from "vitest";
import { fakeDevice } from "../../test/fake-environment.js";
import { granted, make, ruleset, view } from "../../test/shop.js";
import type { Ruleset, SlotDefinition } from "../decisions/types.js";

const hero = ruleset.slots["hero"] as SlotDefinition;
const MEASURED: Ruleset = {
  ...ruleset,
  metrics: { bought: { type: "conversion", event: "Order Completed" } },
  experiments: { "hero-1": { primary: "bought" } },
};
const withRules = (rules: Ruleset) => ({ decisions: { ruleset: rules } });
const withHero = (over: object): Ruleset => ({
  ...MEASURED,
  slots: { ...MEASURED.slots, hero: { ...hero, ...over } as SlotDefinition },
});
type World = Awaited<ReturnType<typeof granted>>;
const told = async ({ time, events }: Pick<World, "time" | "events">) => {
  await time.advance(2000);
  return events().map(({ name }) => name);
};

describe("stages of a measured experiment", () => {
  it("are told in their order, each once for a visitor, variant and run, across pages", async () => {
    const device = fakeDevice();
    const first = await granted({ device }, withRules(MEASURED));
    const { variant } = first.attune.decide("hero");
    first.attune.decide("hero");
    for (let i = 0; i < 2; i++) {
      first.attune.rendered("hero");
      first.attune.expose("hero");
      await view(first.attune);
    }
    const names = ["Variant Assigned", "Variant Rendered", "Variant Exposed"];
    expect(await told(first)).toEqual([...names, "Product Viewed", "Product Viewed"]);
    const chosen = { slot: "hero", variant, experiment: "hero-1", propensity: 0.5 };
    for (const event of first.events().slice(0, 3)) expect(event).toMatchObject({ properties: chosen });
    await first.attune.close();

    const second = make({ device, seed: 8 }, withRules(MEASURED));
    second.attune.start();
    await second.attune.ready();
    expect(second.attune.decide("hero").variant).toBe(variant);
    second.attune.rendered("hero");
    await view(second.attune);
    expect(await told(second)).toEqual(["Product Viewed"]);
    second.attune.loadRuleset({
      ...MEASURED,
      revision: 2,
      experiments: { "hero-1": { primary: "bought", run: 2 } },
    });
    second.attune.decide("hero");
    second.attune.rendered("hero");
    expect(await told(second)).toEqual(["Product Viewed", "Variant Assigned", "Variant Rendered"]);
  });

  it("have the assignment of whom nothing else is heard of, as the page goes", async () => {
    const world = await granted({}, withRules(MEASURED));
    world.attune.decide("hero");
    await world.time.advance(2000);
    expect(world.events()).toEqual([]);
    world.hide(true);
    expect(await told(world)).toEqual(["Variant Assigned"]);
  });

  it("are told of a new visitor by themselves, and of none before consent", async () => {
    const world = make({}, withRules(MEASURED));
    world.attune.start();
    world.attune.decide("hero");
    world.attune.rendered("hero");
    await world.attune.consent.grant(["personalization"]);
    expect(await told(world)).toEqual([]);
    world.attune.decide("hero");
    await world.attune.consent.grant(["analytics"]);
    world.attune.decide("hero");
    await view(world.attune);
    expect(await told(world)).toEqual(["Variant Assigned", "Product Viewed"]);
    await world.attune.reset();
    world.attune.decide("hero");
    await view(world.attune);
    expect((await told(world)).slice(2)).toEqual(["Variant Assigned", "Product Viewed"]);
    expect(new Set(world.events().map(({ visitorId }) => visitorId)).size).toBe(2);
  });

  it("are none of what is forced, not measured, by rule, or an assignment that was kept", async () => {
    const sticky = withHero({ policy: { ...hero.policy, sticky: { bucketVersion: 1 } } });
    for (const options of [
      withRules(ruleset),
      { decisions: { ruleset: MEASURED, overrides: { hero: "bold" } } },
      withRules(withHero({ policy: { type: "rules", rules: [{ variant: "bold" }] } })),
    ]) {
      const world = await granted({}, options);
      world.attune.decide("hero");
      world.attune.rendered("hero");
      await view(world.attune);
      expect(await told(world)).toEqual(["Product Viewed"]);
    }
    const device = fakeDevice();
    const first = await granted({ device }, withRules(sticky));
    await first.attune.ready();
    first.attune.decide("hero");
    first.attune.expose("hero");
    expect(await told(first)).toEqual(["Variant Assigned", "Variant Exposed"]);
    await first.attune.close();
    const second = make(
      { device, seed: 8 },
      withRules({ ...sticky, experiments: { "hero-1": { primary: "bought", run: 2 } } }),
    );
    second.attune.start();
    await second.attune.ready();
    expect(second.attune.decide("hero")).toMatchObject({ kept: true });
    second.attune.rendered("hero");
    await view(second.attune);
    expect(await told(second)).toEqual(["Product Viewed"]);
  });

  it("tell of whom a holdout keeps out that this was seen, once, where anything is measured", async () => {
    const held = { ...withHero({ holdouts: ["all"] }), holdouts: { all: { share: 1 } } };
    const { experiments: _, ...unmeasured } = held;
    for (const [rules, names] of [
      [held, ["Variant Exposed"]],
      [unmeasured, []],
    ] as const) {
      const world = await granted({}, withRules(rules));
      await world.attune.ready();
      expect(world.attune.decide("hero").reason).toBe("holdout");
      world.attune.rendered("hero");
      world.attune.expose("hero");
      world.attune.expose("hero");
      expect(await told(world)).toEqual(names);
      for (const { properties } of world.events()) {
        expect(properties).toMatchObject({ slot: "hero", variant: "plain", holdout: true });
        expect(properties).not.toHaveProperty("experiment");
      }
    }
  });
});
