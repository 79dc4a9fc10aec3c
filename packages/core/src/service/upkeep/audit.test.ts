import { afterEach, describe, expect, it } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { AtomicStore } from "../../ports/store.js";
import { createPersonalizationService } from "../create-service.js";
import { RULESET, sample } from "../service.test.suite.js";
import type { PersonalizationService } from "../types.js";

const open: PersonalizationService[] = [];
afterEach(() => Promise.all(open.splice(0).map((service) => service.close())));

function make() {
  const hot = memoryStore();
  const keys = memoryKeys();
  const start = (): PersonalizationService => {
    const service = createPersonalizationService({ stores: { hot }, log: memoryLog(), keys });
    open.push(service);
    return service;
  };
  return { hot, keys, start, service: start() };
}

describe("T22: the audit log of a service", () => {
  it("tells what was done, by whom and when, and names no subject", async () => {
    const { service } = make();
    await service.ingest([sample({ visitorId: "ann-1" })], { waitMs: 5000 });
    await service.loadRuleset({ ...RULESET, revision: 7 }, { actor: "key:deploy" });
    await service.exportData({ visitorId: "ann-1" }, { actor: "person:dpo" });
    const receipt = await service.erase({ visitorId: "ann-1" }, { actor: "person:dpo" });
    await service.audit.append({ type: "key-revoked", actor: "person:admin", detail: { key: "wk_2" } });
    const entries = await service.audit.list();
    expect(entries.map(({ seq, type, actor }) => [seq, type, actor])).toEqual([
      [1, "ruleset", "key:deploy"],
      [2, "export", "person:dpo"],
      [3, "erasure", "person:dpo"],
      [4, "key-revoked", "person:admin"],
    ]);
    expect(entries[2]?.detail).toMatchObject({ receipt: receipt.id, removed: { events: 1 } });
    expect(JSON.stringify(entries)).not.toContain("ann-1");
    expect(await service.audit.list({ after: 2, limit: 1 })).toEqual([entries[2]]);
    expect(await service.audit.verify()).toEqual({ ok: true, entries: 4 });
  });

  it("takes any number of entries at once from one process, also where the store takes its time", async () => {
    const inner = memoryStore();
    const put: AtomicStore["put"] = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return inner.put(...args);
    };
    const service = createPersonalizationService({ stores: { hot: { ...inner, put } } });
    await Promise.all(Array.from({ length: 200 }, () => service.audit.append({ type: "export" })));
    expect(await service.audit.list()).toHaveLength(200);
    await service.close();
  });

  it("takes entries from many processes at once, each in its place", async () => {
    const { start } = make();
    const services = Array.from({ length: 5 }, start);
    await Promise.all(
      services.flatMap((service, who) =>
        Array.from({ length: 4 }, (_, n) => service.audit.append({ type: "test", detail: { who, n } })),
      ),
    );
    expect(await services[0]?.audit.verify()).toEqual({ ok: true, entries: 20 });
    expect((await services[0]?.audit.checkpoint())?.seq).toBe(20);
  });

  it("has an entry once, and says so, where its checkpoint cannot be written", async () => {
    const inner = memoryStore();
    let away = true;
    const put: AtomicStore["put"] = (partition, sort, ...rest) =>
      away && sort === "head" ? Promise.reject(new Error("away")) : inner.put(partition, sort, ...rest);
    const reports: unknown[] = [];
    const report = (error: unknown): void => void reports.push(error);
    const service = createPersonalizationService({ stores: { hot: { ...inner, put } }, report });
    expect(await service.audit.append({ type: "export" })).toMatchObject({ seq: 1 });
    expect(reports).toEqual([new Error("away")]);
    away = false;
    await service.audit.append({ type: "erasure" });
    expect(await service.audit.checkpoint()).toMatchObject({ seq: 2 });
    expect(await service.audit.verify()).toEqual({ ok: true, entries: 2 });
    await service.close();
  });

  it("fails verification where the store was edited, reordered or cut off", async () => {
    const { hot, service } = make();
    for (let n = 0; n < 6; n++) await service.audit.append({ type: "test", detail: { n } });
    const kept = await service.audit.checkpoint();
    const partition = "default/audit";
    const key = (seq: number) => `e/${String(seq).padStart(12, "0")}`;
    const third = await hot.get<object>(partition, key(3));
    await hot.put(partition, key(3), { ...third?.value, actor: "somebody" });
    expect(await service.audit.verify()).toEqual({ ok: false, seq: 3, reason: "altered" });
    await hot.put(partition, key(3), (await hot.get(partition, key(4)))?.value);
    expect(await service.audit.verify()).toEqual({ ok: false, seq: 3, reason: "out-of-order" });
    await hot.put(partition, key(3), third?.value);
    expect(await service.audit.verify()).toMatchObject({ ok: true });
    await hot.delete(partition, key(6));
    expect(await service.audit.verify()).toEqual({ ok: false, seq: 6, reason: "cut-off" });
    // Whoever cuts off the end together with the checkpoint beside it is found out by one that was kept elsewhere.
    await hot.delete(partition, "head");
    expect(await service.audit.verify({ checkpoints: kept ? [kept] : [] })).toEqual({
      ok: false,
      seq: 6,
      reason: "cut-off",
    });
  });
});
