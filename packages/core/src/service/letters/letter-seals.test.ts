import { afterEach, describe, expect, it } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { everything, sample } from "../service.test.suite.js";
import type { PersonalizationService } from "../types.js";

const DAY = 86_400_000;
const open: PersonalizationService[] = [];
afterEach(() => Promise.all(open.splice(0).map((service) => service.close())));

function make() {
  const clock = createFakeClock();
  const ports = { hot: memoryStore({ clock }), log: memoryLog({ clock }) };
  const keys = memoryKeys();
  const start = (): PersonalizationService => {
    const service = createPersonalizationService({ stores: { hot: ports.hot }, log: ports.log, keys, clock });
    open.push(service);
    return service;
  };
  return { ...ports, clock, start };
}

/** Refused for its time; its text is what must not be readable. */
const bad = (over: Record<string, unknown> = {}) =>
  sample({ id: "bad", occurredAt: "never", properties: { note: "felt-hat-7" }, ...over });

describe("T23: dead letters", () => {
  it("are sealed under a key of their day, and can be read, replayed and erased through the service", async () => {
    const { start, hot, log } = make();
    const service = start();
    await service.ingest([bad(), bad({ id: "other", visitorId: "ben" })]);
    expect(await everything({ hot, log })).not.toContain("felt-hat-7");
    const [letter] = await start().deadLetters.list();
    expect(letter?.body).toContain("felt-hat-7");
    expect((await log.deadLetters.read(null, 10))[0]).toMatchObject({ sealed: true });
    expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: 2 });
    expect((await service.exportData({ visitorId: "ben" })).visitors[0]?.other.deadLetters).toHaveLength(1);
    expect((await service.erase({ visitorId: "ben" })).removed.deadLetters).toBe(1);
    expect(await service.deadLetters.list()).toHaveLength(1);
  });

  it("open as no other letter", async () => {
    const { start, log } = make();
    await start().ingest([bad(), bad({ id: "other" })]);
    const [first, second] = await log.deadLetters.read(null, 10);
    if (!first || !second) throw new Error("two letters");
    await log.deadLetters.remove([second.id]);
    await log.deadLetters.put([{ ...second, body: first.body }]);
    const letters = await start().deadLetters.list();
    expect(letters[0]?.body).toContain("felt-hat-7");
    expect(letters[1]).toMatchObject({
      body: "",
      reasons: expect.arrayContaining([expect.objectContaining({ code: "ATTUNE_PRIVACY_SEAL" })]),
    });
  });

  it("T30: lose their content with the day's key, wherever a copy of them lies", async () => {
    const { start, hot, log, clock } = make();
    const service = start();
    await service.ingest([bad()]);
    const copies = await log.deadLetters.read(null, 10);
    clock.advance(9 * DAY);
    expect((await service.sweep()).deadLetters).toBe(1);
    await log.deadLetters.put(copies);
    for (const one of [service, start()])
      expect((await one.deadLetters.list())[0]).toMatchObject({
        body: "",
        reasons: [{ code: expect.stringMatching(/^ATTUNE_EVENTS/) }],
      });
    const partitions = [];
    for await (const partition of hot.partitions("default/letters")) partitions.push(partition);
    expect(partitions).toEqual([]);
  });
});
