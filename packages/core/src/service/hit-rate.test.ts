import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memoryChannel, memoryStore } from "../memory/index.js";
import { createFakeClock } from "../testing/fake-clock.js";
import { hitRate } from "./cache/cache-counts.js";
import { createPersonalizationService } from "./create-service.js";
import { RULESET } from "./service.test.suite.js";

const shared = process.env["ATTUNE_SHARED"] ?? join(import.meta.dirname, "../../../../../shared");
const recorded = join(shared, "data/rees46-sample/events.csv");
const real = existsSync(recorded);
if (!real) console.warn(`left out: hit rates on recorded shop data (${recorded} is not here)`);

const NAMES: Readonly<Record<string, string>> = {
  view: "Product Viewed",
  cart: "Product Added",
  purchase: "Order Completed",
};
const GRANTS = {
  necessary: true,
  analytics: true,
  personalization: true,
  marketing: false,
  advertising: false,
};
const purposes = ["analytics", "personalization"];
const none = { compulsory: 0, capacity: 0, invalidated: 0, expired: 0 };

describe.skipIf(!real)("look-ups on recorded shop data, with a decision after every event", () => {
  it("miss only what comes for the first time: more than 9 of 10 are hits", async () => {
    const rows = readFileSync(recorded, "utf8").trim().split("\n").slice(1, 3001);
    const clock = createFakeClock();
    const service = createPersonalizationService({
      stores: { hot: memoryStore({ clock }) },
      channel: memoryChannel(),
      ruleset: RULESET,
      clock,
    });
    const visitors = new Set<string>();
    for (const [i, row] of rows.entries()) {
      const [time = "", type = "", product, , category, brand, price, id = "", sessionId] = row.split(",");
      visitors.add(id);
      const event = {
        id: `row-${i}`,
        schemaVersion: 1,
        name: NAMES[type],
        visitorId: id,
        ...(sessionId && { sessionId }),
        occurredAt: Date.parse(`${time.replace(" UTC", "Z").replace(" ", "T")}`),
        properties: { product_id: product, category, brand, price: Number(price) },
        consent: { purposes, policyVersion: "1" },
      };
      expect((await service.ingest([event])).rejected).toEqual([]);
      await service.decide({ id, consent: GRANTS });
    }
    const stats = service.cacheStats();
    const n = rows.length;
    // What remembers who has come before keeps fingerprints: it may take one in some thousands for somebody else.
    const { capacity } = stats.consent.misses;
    expect(capacity).toBeLessThanOrEqual(2);
    // The door's, the fold's and the decision's for every event, and a few of what keeps stored visitors in line with it.
    const { hits } = stats.ruleset;
    expect(hits).toBeGreaterThanOrEqual(3 * n - 1);
    expect(hits).toBeLessThan(3 * n + 10);
    expect(stats).toEqual({
      // The door's and the fold's for every event, and the decision's.
      consent: {
        hits: 3 * n - visitors.size,
        misses: { ...none, capacity, compulsory: visitors.size - capacity },
      },
      profile: { hits: 2 * n, misses: none },
      segments: { hits: n, misses: none },
      // It hears of its own, too.
      ruleset: { hits, misses: { ...none, invalidated: 1 } },
    });
    expect(hitRate(Object.values(stats))).toBeGreaterThan(0.9);
    await service.close();
  });
});
