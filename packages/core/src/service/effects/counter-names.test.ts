import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { COUNTER_SHARDS } from "../layout/partitions.js";
import { sample } from "../service.test.suite.js";
import { MAX_NAMES } from "./counter-names.js";

describe("names that a public key makes up", () => {
  const visitors = Array.from({ length: 60 }, (_, i) => `v${i}`);
  const event = (visitorId: string, n: number) =>
    sample({ id: `${visitorId}-${n}`, visitorId, sessionId: undefined, name: `${visitorId} ${n}` });
  const exposure = (visitorId: string, n: number) => ({
    ...event(visitorId, 1000 + n),
    name: "Variant Exposed",
    properties: { experiment: `${visitorId}-${n}`, variant: "a" },
  });

  it("are bounded per site, count in sum, and erasures take away exactly what was added", async () => {
    const hot = memoryStore();
    const service = createPersonalizationService({ stores: { hot }, log: memoryLog() });
    await service.ingest(
      visitors.flatMap((visitor) => Array.from({ length: 90 }, (_, n) => event(visitor, n))),
    );
    await service.ingest(
      visitors.flatMap((visitor) => Array.from({ length: 120 }, (_, n) => exposure(visitor, n))),
    );
    await service.settled();
    const full = await service.summary();
    expect(full.events).toBe(visitors.length * 210);
    expect(Object.keys(full.byName).length).toBeLessThanOrEqual(COUNTER_SHARDS * MAX_NAMES + 1);
    expect(full.byName["(other)"]).toBeGreaterThan(1000);
    expect(Object.keys(full.experiments).length).toBeLessThanOrEqual(COUNTER_SHARDS * MAX_NAMES + 1);
    expect(full.experiments["(other)"]?.["(other)"]?.exposures).toBeGreaterThan(500);

    // Room that an erasure makes is given to others, and what went to `(other)` stays there.
    for (const visitor of visitors.slice(0, 30)) await service.erase({ visitorId: visitor });
    await service.ingest(
      visitors
        .slice(30)
        .flatMap((visitor) => [0, 89].map((n) => ({ ...event(visitor, n), id: `again-${n}` }))),
    );
    await service.settled();
    const half = await service.summary();
    expect(half.events).toBe(30 * 212);
    expect(Object.values(half.byName).every((count) => count > 0)).toBe(true);
    for (const visitor of visitors.slice(30)) await service.erase({ visitorId: visitor });
    expect(await service.summary()).toMatchObject({ events: 0, visitors: 0, byName: {}, experiments: {} });
    await service.close();
  }, 30_000);
});
