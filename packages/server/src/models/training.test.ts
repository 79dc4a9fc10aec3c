import { type Event, seededRandom } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import { describe, expect, it } from "vitest";
import { createModels } from "./models.js";
import type { ModelPlan } from "./train-job.js";
import { createTrainer } from "./training.js";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const PLAN: ModelPlan = {
  name: "buys-soon",
  label: { kind: "event", event: "Order Completed", withinMs: HOUR },
};

/** Who looks at products mostly buys. */
async function* shop(visitors: number): AsyncGenerator<readonly Event[], void> {
  const random = seededRandom(visitors);
  for (let v = 0; v < visitors; v++) {
    const isKeen = random() < 0.4;
    const buys = random() < (isKeen ? 0.9 : 0.05);
    const names = ["Page Viewed", ...new Array<string>(2).fill(isKeen ? "Product Viewed" : "Page Viewed")];
    yield [...names, ...(buys ? ["Order Completed"] : [])].map((name, i) => ({
      ...{ id: `${v}-${i}`, schemaVersion: 1, site: "default", visitorId: `v${v}`, sessionId: null },
      ...{ deviceId: null, userId: null, seq: i, occurredAt: START + v * 1000 + i * 30_000, sentAt: null },
      ...{ receivedAt: null, tzOffset: 0, name, properties: { price: 5, revenue: 5 }, context: {} },
      consent: { purposes: ["personalization"], policyVersion: null },
    }));
  }
}

function start() {
  const store = memoryStore();
  const reports: unknown[] = [];
  let now = START + 10 * HOUR;
  const clock = { now: () => now };
  const service = {
    ruleset: async () => null,
    loadRuleset: async () => ({ ok: true }),
    audit: { append: async () => undefined },
    experimentSums: async () => null,
  };
  const models = createModels(
    {
      ...{ stores: { hot: store }, clock, sites: ["default"], writer: "w" },
      load: () => Promise.reject(new Error("not asked")),
      report: (error) => reports.push(error),
    },
    () => service as never,
  );
  let visitors = 250;
  const trainer = () =>
    createTrainer({
      ...{ models, store, clock },
      service: { histories: () => shop(visitors) },
      encode: ({ model }) => new TextEncoder().encode(JSON.stringify(model)),
      report: (error) => reports.push(error),
    });
  return {
    ...{ models, trainer, reports },
    later: (ms: number) => (now += ms),
    come: (count: number) => (visitors = count),
  };
}

describe("createTrainer", () => {
  it("puts the first version in force, tries the next, keeps one beside a trial", async () => {
    const { models, trainer, come, reports } = start();
    const one = trainer();
    const how = { share: 0.2, actor: "someone" };
    expect(await one.begin("default", PLAN, how)).toMatchObject({ state: "running", endedAt: null });
    // Of whatever process: it is under way.
    expect(await trainer().begin("default", PLAN, how)).toBeNull();
    await one.settled();
    const first = await one.state("default", "buys-soon");
    expect(first).toMatchObject({ state: "done", step: "promote", words: null });
    for (const [count, step] of [
      [260, "canary"],
      [270, "kept"],
    ] as const) {
      come(count);
      await one.begin("default", PLAN, how);
      await one.settled();
      expect(await one.state("default", "buys-soon")).toMatchObject({ state: "done", step });
    }
    expect(await models.registry("default").get("buys-soon")).toMatchObject({
      ...{ champion: first?.version, canary: { share: 0.2 } },
    });
    expect(reports).toEqual([]);
  }, 60_000);

  it("says why nothing came of it", async () => {
    const { trainer, come } = start();
    const one = trainer();
    come(20);
    await one.begin("default", PLAN, { share: 0.1, actor: "someone" });
    await one.settled();
    const state = await one.state("default", "buys-soon");
    expect(state).toMatchObject({ state: "failed", version: null });
    expect(state?.words).toContain("a model needs 200");
  });

  it("trains by the clock, once for all processes, and again where a process has died over it", async () => {
    const { trainer, come, later } = start();
    come(20);
    const [one, two] = [trainer(), trainer()];
    const planned = [{ ...PLAN, everyHours: 24 }];
    await Promise.all([one.schedule(planned), two.schedule(planned)]);
    const first = await one.state("default", "buys-soon");
    await one.schedule(planned);
    expect(await one.state("default", "buys-soon")).toEqual(first);
    later(24 * HOUR);
    await one.schedule(planned);
    expect((await one.state("default", "buys-soon"))?.startedAt).toBe((first?.startedAt ?? 0) + 24 * HOUR);
  });
});
