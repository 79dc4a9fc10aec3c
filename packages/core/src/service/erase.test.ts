import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../memory/index.js";
import type { AtomicStore } from "../ports/store.js";
import { createPersonalizationService } from "./create-service.js";
import { everything, RULESET, sample } from "./service.test.suite.js";

const MARKER = "planted-marker";

async function seeded() {
  const hot = memoryStore();
  const log = memoryLog();
  const service = createPersonalizationService({ stores: { hot }, log, ruleset: RULESET });
  await service.ingest([sample({ id: "other", visitorId: "other", sessionId: "shared" })]);
  await service.settled();
  const before = await service.summary();
  const event = (i: number) =>
    sample({
      id: `${MARKER}-${i}`,
      visitorId: MARKER,
      userId: `${MARKER}-user`,
      sessionId: i % 2 ? "shared" : MARKER,
      deviceId: `${MARKER}-device`,
      properties: { note: MARKER },
    });
  await service.ingest([
    ...Array.from({ length: 450 }, (_, i) => event(i)),
    sample({ id: `${MARKER}-o`, visitorId: MARKER, name: "Order Completed", properties: { revenue: 5 } }),
  ]);
  const consent = ["analytics"];
  await service.ingest([
    { broken: true, visitorId: MARKER, consent },
    { broken: true, userId: `${MARKER}-user`, note: MARKER, consent },
    { broken: true, sessionId: MARKER, consent },
    { broken: true, deviceId: `${MARKER}-device`, consent },
    { broken: true, text: `${MARKER}-user`, consent },
    `cut off: {"a":"${MARKER}-user","b":"\\q","c`,
    { broken: true, text: "somebody else", sessionId: "shared", visitorId: "other", consent },
  ]);
  await service.ingest([{ broken: MARKER, userId: `${MARKER}-user`, consent: ["analytics"] }], {
    site: "elsewhere",
  });
  await service.settled();
  await service.close();
  return { hot, log, before };
}

describe("T29 an erasure that is cut off", () => {
  it("is completed by the next call, at whatever write it broke", async () => {
    for (let writes = 0; ; writes++) {
      const { hot, log, before } = await seeded();
      let left = writes;
      const dead = new Error("the process is dead");
      const burn = async <T>(write: () => Promise<T>): Promise<T> => {
        if (left-- <= 0) throw dead;
        return write();
      };
      const mortal: AtomicStore = {
        ...hot,
        put: (...args) => burn(() => hot.put(...args)),
        delete: (...args) => burn(() => hot.delete(...args)),
        commit: (...args) => burn(() => hot.commit(...args)),
      };
      const first = createPersonalizationService({ stores: { hot: mortal }, log, worker: false });
      const broke = await first.erase({ userId: `${MARKER}-user` }).then(
        () => false,
        () => true,
      );
      await first.close();
      const second = createPersonalizationService({ stores: { hot }, log });
      await second.erase({ userId: `${MARKER}-user` });
      expect(await second.summary(), `after ${writes} writes`).toEqual(before);
      const left2 = await everything({ hot, log });
      // The letter of another site is that site's.
      expect(left2.split(MARKER).length - 1).toBe(2);
      expect(left2).toContain("somebody else");
      await second.close();
      if (!broke) {
        expect(writes).toBeGreaterThan(15);
        return;
      }
    }
  }, 60_000);

  it("reaches a visitor whose link to the user was still in the log", async () => {
    const { hot, log, before } = await seeded();
    const door = createPersonalizationService({ stores: { hot }, log, worker: false });
    const note = { properties: { note: MARKER } };
    await door.ingest([
      sample({ id: "early", visitorId: "tablet", ...note }),
      sample({ id: "in-flight", visitorId: "tablet", userId: `${MARKER}-user`, ...note }),
    ]);
    await door.erase({ userId: `${MARKER}-user` });
    expect(await everything({ hot, log })).toContain(MARKER);
    const worker = createPersonalizationService({ stores: { hot }, log });
    await worker.settled();
    expect(await worker.summary()).toEqual(before);
    expect((await everything({ hot, log })).split(MARKER).length - 1).toBe(2);
    // Whoever comes back later is somebody new.
    const later = { visitorId: "new", userId: `${MARKER}-user` };
    const back = await worker.ingest(
      [
        sample({ ...later, id: "new", occurredAt: Date.now() + 60_000 }),
        sample({ ...later, id: "old" }),
        sample({ id: "no-user", visitorId: "new" }),
      ],
      { waitMs: 5000 },
    );
    expect(back.outcomes).toEqual({ 0: "folded", 1: "withheld", 2: "folded" });
    await Promise.all([door.close(), worker.close()]);
  });

  it("finds a visitor that was linked to the user meanwhile", async () => {
    const { hot, log } = await seeded();
    const helper = createPersonalizationService({ stores: { hot }, log });
    let late = false;
    const racing: AtomicStore = {
      ...hot,
      async deletePartition(partition) {
        return hot.deletePartition(partition);
      },
      async commit(partition, ops, options) {
        const result = await hot.commit(partition, ops, options);
        // Just after the first visitor is buried, another one turns out to be the same user.
        if (!late && ops.some((op) => op.op === "put" && op.sort === "tombstone")) {
          late = true;
          const user = (await first(hot.partitions("default/u/"))) ?? "";
          await helper.ingest([
            sample({ id: "late", visitorId: "late-visitor", properties: { note: MARKER } }),
          ]);
          await helper.settled();
          const visitors: string[] = [];
          for await (const name of hot.partitions("default/v/")) visitors.push(name);
          for (const name of visitors) {
            const found = await hot.get(name, "e/late");
            if (found !== null) await hot.put(user, `v/${name.slice("default/v/".length)}`, { v: 1 });
          }
        }
        return result;
      },
    };
    const service = createPersonalizationService({ stores: { hot: racing }, log, worker: false });
    expect((await service.erase({ userId: `${MARKER}-user` })).removed).toMatchObject({
      profiles: 2,
      events: 452,
    });
    await Promise.all([service.close(), helper.close()]);
  });

  it("tries again where the visitor's state is changed between reading and burying", async () => {
    const { hot, log } = await seeded();
    let turns = 0;
    const busy: AtomicStore = {
      ...hot,
      async commit(partition, ops, options) {
        const state = ops.some((op) => op.op === "put" && op.sort === "tombstone")
          ? await hot.get(partition, "state")
          : null;
        if (state !== null && turns++ < 2) await hot.put(partition, "state", state.value);
        return hot.commit(partition, ops, options);
      },
    };
    const service = createPersonalizationService({ stores: { hot: busy }, log, worker: false });
    expect((await service.erase(MARKER)).removed.profiles).toBe(1);
    expect(turns).toBe(3);
    await service.close();
  });
});

async function first<T>(items: AsyncIterable<T>): Promise<T | null> {
  for await (const item of items) return item;
  return null;
}
