import { memoryStore } from "@attune/core/memory";
import type { Store } from "@attune/core/ports";
import { describe, expect, it } from "vitest";
import { contentHash, createModelRegistry, type NewModelVersion } from "./index.js";

const bytesOf = (length: number, seed = 1): Uint8Array =>
  new Uint8Array(length).map((_, i) => (i * 31 + seed * 17) & 255);
const given = (over: Partial<NewModelVersion> = {}): NewModelVersion => ({
  ...{ name: "buys-soon", bytes: bytesOf(10), inputs: ["sessions", "orders"], featuresVersion: "f1" },
  ...{ outputs: ["buys"], purposes: ["personalization"] },
  ...over,
});
const start = (store: Store = memoryStore()) => {
  let now = 1000;
  return { store, registry: createModelRegistry(store, { clock: { now: () => (now += 1) } }) };
};

describe("createModelRegistry", () => {
  it("names a version by the hash of its file and gives the file back, in chunks that a record may have", async () => {
    const { store, registry } = start();
    for (const length of [1, 192 * 1024, 192 * 1024 + 1, 500_000]) {
      const bytes = bytesOf(length, length);
      const added = await registry.add(given({ bytes }));
      expect(added.version).toMatch(/^[0-9a-f]{64}$/);
      expect(await contentHash(bytes)).toEqual({ version: added.version, integrity: added.integrity });
      expect(Buffer.compare((await registry.bytes("buys-soon", added.version)) ?? Buffer.of(), bytes)).toBe(
        0,
      );
    }
    for await (const { value } of store.scan("default/models"))
      expect(JSON.stringify(value).length).toBeLessThan(400_000);
  });

  it("keeps a version as it was first kept", async () => {
    const { registry } = start();
    const reference = Float64Array.from({ length: 200 }, (_, i) => i);
    const first = await registry.add(given({ card: { auc: 0.9 }, reference }));
    expect(await registry.add(given({ card: { auc: 0.1 }, metric: "bought" }))).toEqual(first);
    expect(await registry.card("buys-soon", first.version)).toEqual({ auc: 0.9 });
    expect(await registry.reference("buys-soon", first.version)).toEqual(reference);
    expect(await registry.versions("buys-soon")).toEqual([first]);
  });

  /** Rows whose first value goes up as the second goes down. */
  const people = (count: number): Float64Array =>
    Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? i / 2 : count - (i - 1) / 2));

  it("keeps of what it was trained on the values of each input, and no row of anybody", async () => {
    const { store, registry } = start();
    const { version } = await registry.add(given({ reference: people(150) }));
    const kept = (await registry.reference("buys-soon", version)) ?? new Float64Array();
    expect(kept).toHaveLength(300);
    const column = (rows: Float64Array, at: number) => [...rows].filter((_, i) => i % 2 === at);
    for (const at of [0, 1]) expect(column(kept, at)).toEqual(column(people(150), at).sort((a, b) => a - b));
    const rowsOf = (rows: Float64Array) =>
      column(rows, 0).map((value, row) => `${value} ${rows[2 * row + 1]}`);
    const before = new Set(rowsOf(people(150)));
    expect(rowsOf(kept).filter((row) => before.has(row)).length).toBeLessThan(2);
    // Nor do the bytes: what is stored is column after column.
    const records: string[] = [];
    for await (const { sort } of store.scan("default/models")) records.push(sort);
    expect(records.filter((sort) => sort.startsWith("r/"))).toEqual([]);
    const few = await registry.add(given({ bytes: bytesOf(11), reference: people(99) }));
    expect(await registry.reference("buys-soon", few.version)).toBeNull();
  });

  it("lets a version be promoted whose addition was cut off at whichever record, once it is added again", async () => {
    const reference = people(150);
    for (let cut = 0; cut < 5; cut++) {
      const store = memoryStore();
      let puts = 0;
      const cutOff: Store = {
        ...store,
        put: (...record) => (puts++ === cut ? Promise.reject(new Error("cut off")) : store.put(...record)),
      };
      const { registry } = start(cutOff);
      await expect(registry.add(given({ card: {}, reference }))).rejects.toThrow("cut off");
      const { version } = await registry.add(given({ card: {}, reference }));
      expect(await registry.act("buys-soon", { type: "promote", version })).toMatchObject({ ok: true });
      expect(puts).toBeGreaterThan(5);
    }
  });

  it("mends a version that an older version of this package was cut off from", async () => {
    const { store, registry } = start();
    const { version } = await registry.add(given());
    await store.delete("default/models", "m/buys-soon");
    await registry.add(given());
    expect(await registry.act("buys-soon", { type: "promote", version })).toMatchObject({ ok: true });
    // What is in force stays.
    await registry.add(given());
    expect(await registry.get("buys-soon")).toMatchObject({ champion: version });
  });

  it("makes columns of rows that were kept once, and removes them", async () => {
    const { store, registry } = start();
    const { version } = await registry.add(given({ reference: people(150) }));
    const columns = await registry.reference("buys-soon", version);
    // As it was written before: rows as they were, and a version that says nothing of its format.
    const [under, found] = [
      `buys-soon/${version}`,
      await store.get<{ version: unknown }>("default/models", `v/buys-soon/${version}`),
    ];
    await store.put("default/models", `v/${under}`, { version: found?.value.version, referenceRows: 150 });
    const rows = Buffer.from(Float32Array.from(people(150)).buffer).toString("base64");
    await store.put("default/models", `r/${under}/000000`, rows);
    await store.put("default/models", "r/buys-soon/cut-off/000000", rows);
    await store.delete("default/models", `q/${under}/000000`);
    expect(await registry.reference("buys-soon", version)).toEqual(columns);
    expect(await registry.forgetRows()).toBe(2);
    expect(await registry.reference("buys-soon", version)).toEqual(columns);
    for await (const { sort } of store.scan("default/models", { prefix: "r/" })) expect.fail(sort);
    expect(await registry.forgetRows()).toBe(0);
    expect((await registry.versions("buys-soon")).map((one) => one.version)).toEqual([version]);
  });

  it("does not give out a file that is not what was kept", async () => {
    const { store, registry } = start();
    const { version } = await registry.add(given());
    const sort = `b/buys-soon/${version}/000000`;
    await store.put("default/models", sort, btoa("another ..").slice(0, 16));
    await expect(registry.bytes("buys-soon", version)).rejects.toMatchObject({
      code: "ATTUNE_MODEL_CORRUPT",
    });
    await store.delete("default/models", sort);
    await expect(registry.bytes("buys-soon", version)).rejects.toMatchObject({
      code: "ATTUNE_MODEL_CORRUPT",
    });
    expect(await registry.bytes("buys-soon", "none")).toBeNull();
  });

  it("keeps no model that tells a protected attribute of people, by its name or its outputs", async () => {
    const { store, registry } = start();
    for (const [over, path] of [
      [{ name: "gender" }, "/name"],
      [{ name: "predicted-age-group" }, "/name"],
      [{ outputs: ["camper", "isPregnant"] }, "/outputs/1"],
    ] as const)
      await expect(registry.add(given(over as Partial<NewModelVersion>))).rejects.toMatchObject({
        ...{ code: "ATTUNE_MODEL_PROTECTED", path },
      });
    expect(await registry.list()).toEqual([]);
    for await (const record of store.scan("default/models")) expect.fail(record.sort);
    // Another thing is meant.
    for (const name of ["black-friday", "cart-age", "white-label", "men-s-shoes", "sessions"])
      expect((await registry.add(given({ name }))).name).toBe(name);
  });

  it("refuses what cannot be kept", async () => {
    const { registry } = start();
    for (const [over, code] of [
      [{ name: "Buys Soon" }, "ATTUNE_MODEL_NAME"],
      [{ name: "a/b" }, "ATTUNE_MODEL_NAME"],
      [{ bytes: new Uint8Array() }, "ATTUNE_MODEL_EMPTY"],
      [{ reference: Float64Array.of(1, 2, 3) }, "ATTUNE_MODEL_REFERENCE"],
    ] as const)
      await expect(registry.add(given(over))).rejects.toMatchObject({ code });
    expect(await registry.list()).toEqual([]);
    expect(await registry.act("buys-soon", { type: "rollback" })).toMatchObject({
      error: [{ code: "ATTUNE_MODEL_UNKNOWN" }],
    });
  });

  it("of many who act at once lets each act on what the one before has made", async () => {
    const { store, registry } = start();
    const [a, b] = [await registry.add(given()), await registry.add(given({ bytes: bytesOf(11) }))];
    await registry.act("buys-soon", { type: "promote", version: a.version });
    const others = Array.from({ length: 5 }, () => createModelRegistry(store, { clock: { now: () => 5 } }));
    const done = await Promise.all(
      others.map((other) => other.act("buys-soon", { type: "canary", version: b.version, share: 0.1 })),
    );
    expect(done.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await registry.get("buys-soon")).toMatchObject({ revision: 2, runs: 1, champion: a.version });
    const ended = await Promise.all(
      others.map((other) => other.act("buys-soon", { type: "rollback", run: 1 })),
    );
    expect(ended.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await registry.get("buys-soon")).toMatchObject({ canary: null, refused: [b.version] });
  });

  it("keeps sites apart", async () => {
    const { store, registry } = start();
    await registry.add(given());
    const other = createModelRegistry(store, { site: "other", clock: { now: () => 1 } });
    expect(await other.list()).toEqual([]);
    expect((await registry.list()).map(({ name }) => name)).toEqual(["buys-soon"]);
  });
});
