import { type Event, FEATURES, FEATURES_VERSION, type JsonValue, seededRandom } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import { createModelRegistry, type ModelVersion } from "@attune/ml/registry";
import { type TrainingLabel, trainingTable } from "@attune/ml/table";
import { describe, expect, it } from "vitest";
import { createModels } from "./models.js";
import { judgeOutcomes, lookAtVisits, type OutcomeParts, type Outcomes } from "./outcomes.js";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** Scores, and outcomes that come true as often as `rate` makes of them. */
function visits(count: number, seed: number, rate: (score: number, i: number) => number): Outcomes {
  const random = seededRandom(seed);
  const scores = Float64Array.from({ length: count }, () => 0.05 + 0.5 * random());
  const labels = Uint8Array.from(scores, (score, i) => Number(random() < rate(score, i)));
  return { scores, labels, times: Float64Array.from({ length: count }, (_, i) => START + i) };
}

describe("judgeOutcomes", () => {
  it("finds nothing where scores come true: at most one alarm of either kind in fifty streams", () => {
    let [drifted, grown] = [0, 0];
    for (let seed = 1; seed <= 50; seed++) {
      const { calibration, errors } = judgeOutcomes(visits(3000, seed, (score) => score));
      drifted += Number(calibration?.verdict === "drifted");
      grown += Number(errors?.grown === true);
    }
    expect(drifted).toBeLessThanOrEqual(1);
    expect(grown).toBeLessThanOrEqual(1);
  });

  it("finds that they come true twice as often from some visit on, and when that was", () => {
    for (let seed = 1; seed <= 8; seed++) {
      const changed = visits(4000, seed, (score, i) => (i < 2000 ? score : Math.min(1, 2 * score)));
      const { calibration, errors } = judgeOutcomes(changed);
      expect(calibration).toMatchObject({ verdict: "drifted" });
      expect(errors).toMatchObject({ grown: true });
      expect(errors?.changedAt ?? 0).toBeGreaterThan(START + 1999);
      expect(errors?.mean ?? 0).toBeGreaterThan(errors?.before ?? 1);
    }
  });

  it("says nothing of too few, and takes falling errors for no alarm", () => {
    const few = judgeOutcomes(visits(100, 1, (score) => score));
    expect(few.calibration).toMatchObject({ verdict: "unknown", reason: "too-few-rows" });
    expect(few.errors).toMatchObject({ grown: false, changedAt: null });
    const none = judgeOutcomes(visits(0, 1, (score) => score));
    expect(none.errors).toBeNull();
    const better = judgeOutcomes(visits(4000, 2, (score, i) => (i < 2000 ? 1 - score : score)));
    expect(better.errors).toMatchObject({ grown: false });
    expect(better.errors?.changedAt).not.toBeNull();
  });
});

/** Visitors who come, look, and mostly do not buy. */
async function* shop(visitors: number, buys: number): AsyncGenerator<readonly Event[], void> {
  const random = seededRandom(visitors);
  for (let v = 0; v < visitors; v++) {
    const names = ["Page Viewed", "Product Viewed", "Page Viewed"];
    yield [...names, ...(random() < buys ? ["Order Completed"] : [])].map((name, i) => ({
      ...{ id: `${v}-${i}`, schemaVersion: 1, site: "default", visitorId: `v${v}`, sessionId: null },
      ...{ deviceId: null, userId: null, seq: i, occurredAt: START + v * 1000 + i * 30_000, sentAt: null },
      ...{ receivedAt: null, tzOffset: 0, name, properties: {}, context: {} },
      consent: { purposes: ["personalization"], policyVersion: null },
    }));
  }
}

const CARD = {
  ...{ v: 1, metrics: {}, atEvent: 3, label: { kind: "event", event: "Order Completed", withinMs: HOUR } },
  trainedOn: { from: 0, to: START + 99_000 + 60_000, rows: 100 },
};

describe("what came of the visits since a training", () => {
  const clock = { now: () => START + 10 * HOUR };
  const registry = createModelRegistry(memoryStore({ clock }), { clock });
  const add = (name: string, more: object = {}): Promise<ModelVersion> =>
    registry.add({
      ...{ name, bytes: new TextEncoder().encode(name), inputs: FEATURES.map((feature) => feature.name) },
      ...{ featuresVersion: FEATURES_VERSION, outputs: ["buys"], purposes: ["personalization"] },
      card: CARD as unknown as JsonValue,
      ...more,
    });
  const parts = (buys: number): OutcomeParts => ({
    ...{ registry, site: "default", now: clock.now() },
    service: { histories: () => shop(900, buys) },
    load: async (_bytes, model) => ({
      ...model,
      score: (rows) => new Float64Array(rows.length / model.inputs.length).fill(0.3),
    }),
  });

  it("is told by visits that were not trained on", async () => {
    const version = await add("told");
    const state = (await lookAtVisits(version, parts(0.3))).outcomes;
    expect(state).toMatchObject({ version: version.version, rows: 800, reason: null });
    expect(state.calibration).toMatchObject({ verdict: "stable", meanScore: expect.closeTo(0.3, 6) });
    expect(state.errors).toMatchObject({ grown: false });
    expect((await lookAtVisits(version, parts(0.6))).outcomes.calibration).toMatchObject({
      verdict: "drifted",
    });
  });

  it("tells by the same moment of each visit whether visitors differ from those of the training", async () => {
    const width = FEATURES.length;
    const { rows } = await trainingTable(shop(1200, 0.3), {
      ...{ label: CARD.label as TrainingLabel, until: clock.now() + HOUR },
    });
    const version = await add("moment", {
      bytes: new Uint8Array([9]),
      reference: rows.slice(0, 1000 * width),
    });
    const look = async (visitors: number) =>
      (await lookAtVisits(version, { ...parts(0.3), service: { histories: () => shop(visitors, 0.3) } }))
        .drift;
    expect(await look(1200)).toMatchObject({ rows: 1100, reason: null, shifted: [] });
    expect(await look(900)).toMatchObject({ rows: 800, reason: "too-few-rows", features: null });
    expect((await lookAtVisits(await add("none", { card: null }), parts(0.3))).drift).toBeNull();
  });

  it("says why it cannot be told", async () => {
    const bare = await add("bare", { card: null });
    expect((await lookAtVisits(bare, parts(0.3))).outcomes).toMatchObject({
      rows: 0,
      reason: "no-report-card",
    });
    const other = await add("other", { inputs: ["elsewhere"], featuresVersion: null });
    expect((await lookAtVisits(other, parts(0.3))).outcomes).toMatchObject({ reason: "other-features" });
    const late = await add("late", { card: { ...CARD, trainedOn: { ...CARD.trainedOn, to: clock.now() } } });
    expect((await lookAtVisits(late, parts(0.3))).outcomes).toMatchObject({ reason: "no-visits" });
  });

  it("is waited for when everything ends, and ended where it goes on", async () => {
    const reports: unknown[] = [];
    let [read, ended] = [0, false];
    async function* endless() {
      try {
        for (;;) {
          for await (const history of shop(50, 0.3)) yield history;
          read += 1;
        }
      } finally {
        ended = true;
      }
    }
    const own = memoryStore({ clock });
    const models = createModels(
      {
        ...{ stores: { hot: own }, clock, sites: ["default"], writer: "w" },
        ...{ load: parts(0.3).load, report: (error: unknown) => reports.push(error) },
      },
      () => ({ ruleset: async () => null, histories: endless }) as never,
    );
    const version = await createModelRegistry(own, { clock }).add({
      ...{ name: "m", bytes: new Uint8Array([1]), inputs: FEATURES.map((feature) => feature.name) },
      ...{ featuresVersion: FEATURES_VERSION, outputs: ["buys"], purposes: ["personalization"] },
      card: CARD as unknown as JsonValue,
    });
    await models.registry("default").act("m", { type: "promote", version: version.version });
    const watching = models.watchOutcomes();
    await expect.poll(() => read).toBeGreaterThan(0);
    await models.close();
    expect(ended).toBe(true);
    await watching;
    expect(reports).toEqual([]);
  });

  it("raises an alarm once, by one of several processes, and is looked at again after six hours", async () => {
    let now = clock.now();
    let looks = 0;
    const service = {
      ...{ ruleset: async () => null, audit: { append: async () => undefined } },
      histories: () => {
        looks += 1;
        return shop(900, 0.6);
      },
    };
    const heard: unknown[] = [];
    const own = memoryStore({ clock: { now: () => now } });
    const open = () =>
      createModels(
        {
          ...{ stores: { hot: own }, clock: { now: () => now }, sites: ["default"], writer: "w" },
          load: parts(0.6).load,
          report: (error) => {
            throw error;
          },
        },
        () => service as never,
      );
    const [one, two] = [open(), open()];
    await one.listen("default", (news) => heard.push(news));
    await two.listen("default", (news) => heard.push(news));
    const version = await createModelRegistry(own, { clock }).add({
      ...{ name: "m", bytes: new Uint8Array([1]), inputs: FEATURES.map((feature) => feature.name) },
      ...{ featuresVersion: FEATURES_VERSION, outputs: ["buys"], purposes: ["personalization"] },
      card: CARD as unknown as JsonValue,
    });
    await one.registry("default").act("m", { type: "promote", version: version.version });
    expect(await one.outcomes("default", "m")).toBeNull();
    await Promise.all([one.watchOutcomes(), two.watchOutcomes()]);
    // Of two processes one looks, and reads histories once for all that it looks at.
    expect(looks).toBe(1);
    expect(await two.outcomes("default", "m")).toMatchObject({ calibration: { verdict: "drifted" } });
    expect(heard).toEqual([
      {
        ...{ type: "model-alarm", site: "default", name: "m" },
        alarm: { kind: "calibration", version: version.version, at: now, features: [] },
      },
    ]);
    now += 6 * HOUR;
    await two.watchOutcomes();
    expect([looks, heard.length]).toEqual([2, 1]);
    expect(await one.alarms("default", "m")).toMatchObject([{ kind: "calibration" }]);
    await Promise.all([one.close(), two.close()]);
  });
});
