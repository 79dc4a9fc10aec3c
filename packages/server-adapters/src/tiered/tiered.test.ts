import { memoryStore } from "@attune/core/memory";
import type { Store } from "@attune/core/ports";
import { storeConformance, storeHistories } from "@attune/core/testing";
import fc from "fast-check";
import { describe, it } from "vitest";
import { surviving } from "../../test/surviving.js";
import { tieredStore } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 100);

/** A store that has one record at a time, as the durable role asks. */
const plain = (store: Store): Store => {
  const { commit: _commit, ...rest } = store as Store & { commit?: unknown };
  return rest;
};

/** What outlives the store under test. */
const tiers = surviving(({ clock }) => ({
  hot: memoryStore({ clock }),
  durable: plain(memoryStore({ clock })),
}));

const keepsBoth = {
  make: async (context: Parameters<typeof tiers.fresh>[0]) =>
    tieredStore({ ...tiers.fresh(context), clock: context.clock, patienceMs: 5 }),
  capabilities: { atomic: true, durable: true },
};

for (const [name, again] of [
  ["hot is kept", tiers.same],
  [
    "hot is lost",
    (context: Parameters<typeof tiers.fresh>[0]) => ({ ...tiers.same(), hot: memoryStore(context) }),
  ],
] as const) {
  const options = {
    ...keepsBoth,
    name: `tiered, memory over memory, ${name}`,
    reopen: async (context: Parameters<typeof tiers.fresh>[0]) =>
      tieredStore({ ...again(context), clock: context.clock, patienceMs: 5 }),
  };
  storeConformance({ describe, it }, options);
  storeHistories({ describe, it }, fc, { ...options, runs: HISTORIES });
}
