import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { sample } from "../service.test.suite.js";

describe("an export after an erasure", () => {
  it("tells of one erasure once, however the subject is named", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, log: memoryLog() });
    await service.ingest([sample({ id: "1", visitorId: "jo", userId: null })]);
    await service.settled();
    await service.erase("jo");
    for (const id of ["jo", { visitorId: "jo" }]) {
      const { subject, visitors } = await service.exportData(id);
      expect(subject.visitors).toBe(1);
      expect(visitors).toHaveLength(1);
      expect(visitors[0]).toMatchObject({ state: null, events: [] });
      expect(Object.keys(visitors[0]?.other ?? {})).toEqual(["erasures"]);
    }
    await service.close();
  });

  it("still shows everything of what came afterwards", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, log: memoryLog() });
    const both = { userId: "jane" };
    await service.ingest([sample({ id: "1", visitorId: "a", ...both })]);
    await service.settled();
    await service.erase(both);
    const later = Date.now() + 1000;
    await service.ingest([sample({ id: "2", visitorId: "b", ...both, occurredAt: later })]);
    await service.settled();
    const { subject, visitors } = await service.exportData(both);
    expect(visitors.flatMap(({ events }) => events.map(({ id }) => id))).toEqual(["2"]);
    expect(subject.visitors).toBeGreaterThanOrEqual(1);
    await service.close();
  });
});
