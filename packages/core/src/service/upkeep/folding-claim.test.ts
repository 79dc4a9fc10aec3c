import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { AtomicStore } from "../../ports/store.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { sample } from "../service.test.suite.js";
import { createFoldingClaim, leaseRebuild } from "./folding-claim.js";

const NO_VISITORS = { forget: () => undefined };

function place() {
  const clock = createFakeClock();
  let last = 0;
  return { clock, hot: memoryStore({ clock }), ids: () => `id-${++last}` };
}

describe("whoever folds, and a rebuild", () => {
  it("keep each other off: a claim refuses the lease, the lease refuses claims", async () => {
    const at = place();
    const claim = createFoldingClaim({ ...at, visitors: NO_VISITORS });
    await claim.hold();
    await expect(leaseRebuild(at)).rejects.toMatchObject({ code: "ATTUNE_SERVICE_WORKERS" });
    await claim.release();
    const lease = await leaseRebuild(at);
    await expect(claim.hold()).rejects.toMatchObject({ code: "ATTUNE_SERVICE_REBUILDING" });
    await expect(leaseRebuild(at)).rejects.toMatchObject({ code: "ATTUNE_SERVICE_REBUILDING" });
    await lease.end();
    await claim.hold();
  });

  it("leave nothing of a claim that was let go of while it was made", async () => {
    const at = place();
    const claim = createFoldingClaim({ ...at, visitors: NO_VISITORS });
    const held = claim.hold();
    await Promise.all([claim.release(), held]);
    await leaseRebuild(at);
  });

  it("leave nothing of a claim that failed after it was written", async () => {
    const at = place();
    const hot: AtomicStore = { ...at.hot, getMany: () => Promise.reject(new Error("away")) };
    const claim = createFoldingClaim({ ...at, hot, visitors: NO_VISITORS });
    await expect(claim.hold()).rejects.toThrow("away");
    await claim.release();
    await leaseRebuild(at);
  });

  it("forget a worker that was killed, and a rebuild that was cut off", async () => {
    const at = place();
    await createFoldingClaim({ ...at, visitors: NO_VISITORS }).hold();
    at.clock.advance(60_001);
    await leaseRebuild(at);
    at.clock.advance(120_001);
    await createFoldingClaim({ ...at, visitors: NO_VISITORS }).hold();
  });

  it("leaves a batch half a minute at least, and asks the store no oftener than that", async () => {
    const at = place();
    let puts = 0;
    const hot = new Proxy(at.hot, {
      get: (store, name) => {
        if (name === "put") puts++;
        return store[name as keyof typeof store];
      },
    });
    const claim = createFoldingClaim({ ...at, hot, visitors: NO_VISITORS });
    for (let second = 0; second < 60; second++) {
      await claim.hold();
      at.clock.advance(1000);
    }
    expect(puts).toBe(2);
    await expect(leaseRebuild(at)).rejects.toMatchObject({ code: "ATTUNE_SERVICE_WORKERS" });
  });

  it("keeps nobody off for a rebuild that could not begin", async () => {
    const at = place();
    let away = true;
    const hot: AtomicStore = {
      ...at.hot,
      async *scan<V>(...args: Parameters<AtomicStore["scan"]>) {
        if (away) throw new Error("away");
        yield* at.hot.scan<V>(...args);
      },
    };
    await expect(leaseRebuild({ ...at, hot })).rejects.toThrow("away");
    await createFoldingClaim({ ...at, visitors: NO_VISITORS }).hold();
    at.clock.advance(60_001);
    away = false;
    await (await leaseRebuild({ ...at, hot })).end();
  });

  it("ends a rebuild that was silent for too long", async () => {
    const at = place();
    const lease = await leaseRebuild(at);
    at.clock.advance(100_000);
    await lease.keep();
    at.clock.advance(100_000);
    await lease.keep();
    at.clock.advance(120_001);
    await expect(lease.keep()).rejects.toMatchObject({ code: "ATTUNE_SERVICE_REBUILD_LOST" });
  });

  it("keeps a rebuild off an erasure to its end, however long that takes", async () => {
    const clock = createFakeClock();
    const inner = memoryStore({ clock });
    let erasing = false;
    const refused: unknown[] = [];
    const rebuilding = createPersonalizationService({
      stores: { hot: inner },
      log: memoryLog({ clock }),
      clock,
      worker: false,
    });
    const hot: AtomicStore = {
      ...inner,
      async commit(partition, ...args) {
        if (erasing && partition.startsWith("default/v/")) {
          clock.advance(25_000);
          refused.push(
            await rebuilding.rebuild().then(
              () => "rebuilt",
              ({ code }) => code,
            ),
          );
        }
        return inner.commit(partition, ...args);
      },
    };
    const service = createPersonalizationService({ stores: { hot }, log: memoryLog({ clock }), clock });
    const ofUser = (n: number) => sample({ id: `e-${n}`, visitorId: `v-${n}`, userId: "jane" });
    await service.ingest([ofUser(1), ofUser(2), ofUser(3)], { waitMs: 5000 });
    erasing = true;
    await service.erase({ userId: "jane" });
    expect(new Set(refused)).toEqual(new Set(["ATTUNE_SERVICE_WORKERS"]));
    await Promise.all([service.close(), rebuilding.close()]);
  });

  it("lets a service that stayed open go on after it, on what was made anew", async () => {
    const clock = createFakeClock();
    const hot = memoryStore({ clock });
    const log = memoryLog({ clock });
    const reports: unknown[] = [];
    const open = (worker: boolean) =>
      createPersonalizationService({ stores: { hot }, log, clock, worker, report: (e) => reports.push(e) });
    const [folding, rebuilding] = [open(true), open(false)];
    const view = (n: number) => sample({ id: `e-${n}`, visitorId: "ann", name: "Product Viewed" });
    await folding.ingest([view(1), view(2)], { waitMs: 5000 });
    await expect(rebuilding.rebuild()).rejects.toMatchObject({ code: "ATTUNE_SERVICE_WORKERS" });

    // It is idle for so long that its claim ends, and does not hear of the rebuild, which leaves the same version behind.
    clock.advance(61_000);
    await hot.deletePartition("default/c/0");
    for await (const partition of hot.partitions("default/v/")) await hot.delete(partition, "state");
    await rebuilding.rebuild();
    await folding.ingest([view(3)], { waitMs: 5000 });
    expect((await folding.summary()).events).toBe(3);
    expect((await rebuilding.profile({ visitorId: "ann" }))?.features.productViews).toBe(3);
    await folding.close();
    // One that was closed keeps nobody off.
    expect(await rebuilding.rebuild()).toMatchObject({ events: 3 });
    await rebuilding.close();
    expect(reports).toEqual([]);
  });
});
