import { describe, expect, it } from "vitest";
import type { Event } from "../../events/types.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { sample } from "../service.test.suite.js";

const ALL = { purposes: ["analytics", "personalization"] as const, policyVersion: null };

describe("histories", () => {
  it("give each visitor's events in the order in which they came, of those whose consent covers it still", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, log: memoryLog() });
    const event = (id: string, visitorId: string, consent: unknown = ALL) =>
      sample({ id, visitorId, userId: null, consent });
    await service.ingest([event("1", "kept"), event("2", "withdrawn"), event("3", "erased")]);
    await service.ingest([event("4", "kept"), event("5", "kept", { ...ALL, purposes: ["analytics"] })]);
    await service.ingest([event("6", "counted", { ...ALL, purposes: ["analytics"] })]);
    await service.settled();
    await service.erase("erased");
    await service.consent("withdrawn", {
      ...{ purposes: { analytics: true, personalization: false }, policyVersion: "1" },
      source: "banner",
    });
    const read = async (options?: Parameters<typeof service.histories>[0]) => {
      const found: string[][] = [];
      for await (const events of service.histories(options)) found.push(events.map(({ id }: Event) => id));
      return found.sort();
    };
    expect(await read()).toEqual([["1", "4"]]);
    expect(await read({ purposes: ["analytics"] })).toEqual([["1", "4", "5"], ["2"], ["6"]]);
    expect(await read({ site: "other" })).toEqual([]);
    await service.close();
  });
});
