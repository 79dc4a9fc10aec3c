import { seededRandom } from "@attune/core";
import { memoryLog, memoryStore } from "@attune/core/memory";
import { createPersonalizationService } from "@attune/core/service";
import { createModelRegistry } from "@attune/ml/registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ModelPlan, nextStep, trainVersion } from "./train-job.js";

const HOUR = 3_600_000;
const NOW = Date.now();
const store = memoryStore();
const service = createPersonalizationService({ stores: { hot: store }, log: memoryLog() });
const registry = createModelRegistry(store, { clock: { now: () => NOW } });
const PLAN: ModelPlan = {
  name: "buys-soon",
  label: { kind: "event", event: "Order Completed", withinMs: 2 * HOUR },
};

/** Who looks at products buys, mostly; the visits were ten hours ago. */
async function visits(visitors: number): Promise<void> {
  const random = seededRandom(5);
  for (let v = 0; v < visitors; v++) {
    const isKeen = random() < 0.4;
    const buys = random() < (isKeen ? 0.85 : 0.05);
    const names = [
      ...[
        "Page Viewed",
        isKeen ? "Product Viewed" : "Page Viewed",
        isKeen ? "Product Viewed" : "Page Viewed",
      ],
      ...(buys ? ["Order Completed"] : ["Page Viewed"]),
    ];
    await service.ingest(
      names.map((name, i) => ({
        ...{ id: `${v}-${i}`, name, schemaVersion: 1, visitorId: `visitor-${v}`, sessionId: `s-${v}` },
        ...{ occurredAt: NOW - 10 * HOUR + i * 30_000 },
        properties: name === "Page Viewed" ? {} : { product_id: "p", price: 10, revenue: 10 },
        context: { page: { url: `https://shop.example/${i}`, path: `/${i}` } },
        consent: {
          purposes: v % 10 === 9 ? ["analytics"] : ["analytics", "personalization"],
          policyVersion: "1",
        },
      })),
    );
  }
  await service.settled();
}

beforeAll(() => visits(300), 120_000);
afterAll(() => service.close());

const parts = (over: object = {}) => ({
  ...{ service, registry, site: "default", now: NOW },
  encode: ({ model }: { model: object }) => new TextEncoder().encode(JSON.stringify(model)),
  ...over,
});

describe("trainVersion", () => {
  it("reads nobody where a protected attribute is to be predicted", async () => {
    let read = 0;
    const count = { progress: () => void read++ };
    for (const [plan, path] of [
      [{ ...PLAN, name: "is-female" }, "/name"],
      [{ ...PLAN, label: { ...PLAN.label, event: "Pregnancy" } }, "/label/event"],
    ] as const)
      await expect(trainVersion(plan as ModelPlan, parts(count))).rejects.toMatchObject({
        code: "ATTUNE_MODEL_PROTECTED",
        path,
      });
    expect(read).toBe(0);
  });

  it("learns from what consent covers and keeps a version with its card, its lineage and what drift is told by", async () => {
    let read = 0;
    const done = await trainVersion(PLAN, parts({ progress: (count: number) => (read = count) }));
    const { version, card, record, worse } = done;
    expect(read).toBe(270);
    expect(card).toMatchObject({ visitors: 270, trainedOn: { rows: 270 } });
    expect(card.metrics.auc?.value).toBeGreaterThan(0.75);
    expect(worse).toBeNull();
    expect(version.lineage).toMatchObject({ parent: null, trainedOn: { rows: 270 } });
    expect(await registry.card("buys-soon", version.version)).toEqual(card);
    expect((await registry.reference("buys-soon", version.version))?.length).toBe(
      270 * version.inputs.length,
    );
    // It is only kept.
    expect(record).toMatchObject({ champion: null, canary: null });
    expect(nextStep(done, { share: 0.1 })).toEqual({ type: "promote", version: version.version });
    await registry.act("buys-soon", { type: "promote", version: version.version });
    const again = await trainVersion(PLAN, parts());
    expect(again.version).toEqual(version);
    expect(nextStep(again, { share: 0.1 })).toBeNull();
  }, 60_000);

  it("leaves out rows whose time is not over", async () => {
    const early = trainVersion({ ...PLAN, name: "too-early" }, parts({ now: NOW - 9 * HOUR }));
    await expect(early).rejects.toMatchObject({ code: "ATTUNE_ML_TOO_FEW_ROWS" });
    expect(await registry.get("too-early")).toBeNull();
  });

  it("tries by itself what is new, not worse, and was not refused", () => {
    const version = { version: "b" } as never;
    const record = { champion: "a", canary: null, refused: [] } as never;
    const canary = { type: "canary", version: "b", share: 0.2 };
    expect(nextStep({ version, record, worse: null }, { share: 0.2 })).toEqual(canary);
    for (const [over, worse] of [
      [{}, "It tells less."],
      [{ refused: ["b"] }, null],
      [{ canary: { version: "c" } }, null],
      [{ champion: "b" }, null],
    ] as const)
      expect(
        nextStep({ version, record: { ...(record as object), ...over } as never, worse }, { share: 0.2 }),
      ).toBeNull();
  });
});
