import { setTimeout as pause } from "node:timers/promises";
import { type Event, seededRandom } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import { trainOnTable } from "@attune/ml/table";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createModels } from "./models.js";
import type { ModelPlan } from "./train-job.js";
import type { Fit } from "./fit-in-thread.js";
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

const MINUTE = 60_000;
/** In small steps, each with a moment of real time, so that what is no timer (digests, the learning itself) has its turn as well. */
async function minutes(count: number): Promise<void> {
  for (let at = 0; at < count * 6; at++) {
    await vi.advanceTimersByTimeAsync(MINUTE / 6);
    await pause(1);
  }
}

describe("trainings that take longer than a minute", () => {
  afterEach(() => void vi.useRealTimers());

  /** Processes on one store whose trainings take five minutes each. */
  function slow({ deaf = false } = {}) {
    vi.useFakeTimers({
      now: START + 10 * HOUR,
      toFake: ["setTimeout", "setInterval", "Date", "clearTimeout", "clearInterval"],
    });
    const clock = { now: () => Date.now() };
    const store = memoryStore({ clock });
    const [reports, read, fitted]: [unknown[], string[], string[]] = [[], [], []];
    const service = { ruleset: async () => null, audit: { append: async () => undefined } };
    const fit: Fit = async (table, options, signal) => {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, 5 * MINUTE);
        // As one that has a thread busy with arithmetic.
        if (deaf) return;
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason as Error);
        });
      });
      fitted.push(options.name);
      return trainOnTable(table, { ...options, boosting: { rounds: 2 } });
    };
    const models = createModels(
      {
        ...{ stores: { hot: store }, clock, sites: ["default"], writer: "w" },
        load: () => Promise.reject(new Error("not asked")),
        report: (error) => reports.push(error),
      },
      () => service as never,
    );
    const process = (own = store) =>
      createTrainer({
        ...{ models, store: own, clock, fit },
        service: {
          histories: () => {
            read.push("once");
            return shop(220);
          },
        },
        encode: ({ model, metadata }) => new TextEncoder().encode(JSON.stringify([metadata.name, model])),
        report: (error) => reports.push(error),
      });
    return { process, store, reports, read, fitted };
  }
  const planned = ["buys-soon", "buys-later"].map((name) => ({ ...PLAN, name, everyHours: 24 }));

  it.each([1, 2])(
    "are begun once each by the timers of %i processes, which come every minute",
    async (count) => {
      const { process, reports, read, fitted } = slow();
      const trainers = Array.from({ length: count }, () => process());
      for (let n = 0; n < 16 || fitted.length < 2; n++) {
        for (const trainer of trainers) void trainer.schedule(planned);
        await minutes(1);
      }
      expect([...fitted].sort()).toEqual(["buys-later", "buys-soon"]);
      expect(read).toHaveLength(2);
      expect(reports).toEqual([]);
    },
    60_000,
  );

  it("are under way for whoever asks, also while they wait for their turn", async () => {
    const { process } = slow();
    const [one, two] = [process(), process()];
    const how = { share: 0.1, actor: "someone" };
    for (const plan of planned) expect(await one.begin("default", plan, how)).not.toBeNull();
    await minutes(4);
    for (const plan of planned) expect(await two.begin("default", plan, how)).toBeNull();
    const state = () => two.state("default", "buys-later");
    while ((await state())?.state === "running") await minutes(1);
    expect(await state()).toMatchObject({ state: "done" });
  }, 60_000);

  it("that another has begun anew after silence say nothing more of their own", async () => {
    const { process, store, fitted } = slow({ deaf: true });
    const mute = { ...store, put: vi.fn(store.put) };
    const [silent, other] = [process(mute), process()];
    const [plan] = planned as [(typeof planned)[0]];
    await silent.begin("default", plan, { share: 0.1, actor: "silent" });
    await minutes(0.5);
    mute.put.mockImplementation(() => Promise.reject(new Error("no network")));
    await minutes(1.5);
    const anew = await other.begin("default", plan, { share: 0.1, actor: "other" });
    expect(anew).not.toBeNull();
    mute.put.mockImplementation(store.put);
    const state = () => other.state("default", "buys-soon");
    while (fitted.length === 0) await minutes(0.5);
    await minutes(0.5);
    expect([fitted.length, await state()]).toEqual([1, anew]);
    while ((await state())?.state === "running") await minutes(1);
    expect(await state()).toMatchObject({ state: "done", startedAt: anew?.startedAt, step: "promote" });
  }, 60_000);
});
