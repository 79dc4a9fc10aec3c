import { createAttune } from "../src/engine/create-attune.js";
import type { AttuneOptions } from "../src/engine/types.js";
import type { Ruleset } from "../src/decisions/types.js";
import { fakeEnvironment, type FakeOptions } from "./fake-environment.js";

/** A small shop: an experiment, a rule on a segment, and a notice that needs no permission. */
export const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  segments: [{ name: "browsing", enter: { productViews: { $gte: 2 } } }],
  slots: {
    hero: {
      variants: { plain: "Hello", bold: "HELLO" },
      fallback: "plain",
      policy: { type: "split", experiment: "hero-1", weights: { plain: 0.5, bold: 0.5 } },
    },
    offer: {
      variants: { none: { text: "" }, hats: { text: "More hats" } },
      fallback: "none",
      policy: { type: "rules", rules: [{ segment: "browsing", variant: "hats" }] },
    },
    notice: {
      purposes: ["necessary"],
      variants: { none: 0, many: 1 },
      fallback: "none",
      policy: { type: "rules", rules: [{ when: { productViews: { $gte: 2 } }, variant: "many" }] },
    },
  },
};

/** An engine on a device in memory, not yet started. */
export function make(fake: FakeOptions = {}, options: AttuneOptions = {}) {
  const world = fakeEnvironment(fake);
  const attune = createAttune({ environment: world.environment, decisions: { ruleset }, ...options });
  return { attune, ...world };
}

/** …started, with everything granted. */
export async function granted(fake: FakeOptions = {}, options: AttuneOptions = {}) {
  const world = make(fake, options);
  world.attune.start();
  await world.attune.consent.grant("all");
  await world.time.settle();
  return world;
}

export const view = (attune: ReturnType<typeof createAttune>) =>
  attune.track("Product Viewed", { product_id: "hat-1", category: "hats", price: 20 });
