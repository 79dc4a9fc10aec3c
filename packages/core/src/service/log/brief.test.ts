import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { AtomicStore } from "../../ports/store.js";
import { createPersonalizationService } from "../create-service.js";
import { everything, sample, T0 } from "../service.test.suite.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MARKER = "planted-marker-7707";

function make() {
  const clock = { at: T0 + 5 * 60_000, now: () => clock.at };
  const [hot, log] = [memoryStore({ clock }), memoryLog({ clock })];
  const service = createPersonalizationService({ stores: { hot }, log, clock, retentionMs: 30 * DAY });
  const send = async (over: Record<string, unknown>) =>
    (
      await service.ingest(
        [sample({ visitorId: null, properties: { note: MARKER }, occurredAt: clock.at, ...over })],
        { waitMs: 10_000 },
      )
    ).outcomes[0];
  return { clock, hot, log, service, send, held: () => everything({ hot, log }) };
}

describe("T30 an event that asks to be kept for less than others", () => {
  it("is gone from store and log within the hour after, while others stay", async () => {
    const { clock, hot, service, send, held } = make();
    expect(await send({ id: "brief", retentionMs: DAY })).toBe("folded");
    expect(await send({ id: "longer", sessionId: "session-2", retentionMs: 2 * DAY })).toBe("folded");
    clock.at += DAY - HOUR;
    await service.sweep();
    expect(await held()).toContain("brief");
    clock.at += 2 * HOUR;
    await service.sweep();
    const after = await held();
    expect(after).not.toContain('"brief"');
    expect(after).toContain("longer");
    clock.at += DAY;
    await service.sweep();
    expect(await held()).not.toContain(MARKER);
    const notes: string[] = [];
    for await (const { sort } of hot.scan("_/upkeep", { prefix: "b/" })) notes.push(sort);
    expect(notes).toEqual([]);
    await service.close();
  });

  it("is kept as long as others where it asks for more, and shares its session's state with them", async () => {
    const { clock, service, send, held } = make();
    await send({ id: "greedy", retentionMs: 90 * DAY });
    await send({ id: "usual" });
    await send({ id: "brief", retentionMs: HOUR });
    expect(await send({ id: "brief", retentionMs: HOUR })).toBe("duplicate");
    clock.at += 3 * HOUR;
    await service.sweep();
    expect(await held()).not.toContain('"brief"');
    expect(await held()).toContain("usual");
    clock.at += 30 * DAY;
    await service.sweep();
    expect(await held()).not.toContain(MARKER);
    await service.close();
  });

  it("is gone by then also where it could not be folded and was set aside", async () => {
    const { clock, hot, log } = make();
    const failing: AtomicStore = {
      ...hot,
      commit: (partition, ops, options) =>
        ops.some(({ sort }) => sort === "e/brief")
          ? Promise.reject(new Error("too large"))
          : hot.commit(partition, ops, options),
    };
    const ports = { stores: { hot: failing }, log, clock, report: () => undefined };
    const service = createPersonalizationService(ports);
    await service.ingest([sample({ id: "brief", visitorId: null, retentionMs: DAY, occurredAt: clock.at })]);
    await service.settled();
    clock.at += DAY - HOUR;
    await service.sweep();
    expect(await service.deadLetters.list()).toHaveLength(1);
    clock.at += HOUR;
    expect(await service.deadLetters.list()).toEqual([]);
    expect((await service.sweep()).deadLetters).toBe(1);
    expect(await log.deadLetters.read(null, 10)).toEqual([]);
    await service.close();
  }, 30_000);

  it("names nobody: with a visitor or a user it is refused", async () => {
    const { service } = make();
    for (const whose of [{ visitorId: "v" }, { userId: "u", visitorId: null }]) {
      const { rejected } = await service.ingest([sample({ ...whose, retentionMs: DAY })]);
      expect(rejected[0]?.errors).toMatchObject([{ path: "/retentionMs", code: "ATTUNE_EVENTS_RANGE" }]);
    }
    for (const retentionMs of [HOUR - 1, 1e15, "1d", 1.5])
      expect((await service.ingest([sample({ visitorId: null, retentionMs })])).rejected).toHaveLength(1);
    await service.close();
  });
});
