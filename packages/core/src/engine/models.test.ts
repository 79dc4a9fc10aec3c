import { describe, expect, it } from "vitest";
import { fakeDevice } from "../../test/fake-environment.js";
import { make, view } from "../../test/shop.js";
import { modelKeyOf, modelVersionFor } from "../decisions/model-version.js";
import type { ModelReference, Ruleset } from "../decisions/types.js";
import { isAttuneError } from "../kernel/errors.js";
import type { Scorer } from "../state/scorer.js";
import { FEATURES_VERSION } from "../state/features.js";
import type { ModelLoader } from "./types.js";

const integrity = `sha256-${"A".repeat(43)}=`;
const reference: ModelReference = {
  ...{ version: "v1", url: "/models/keen.onnx", integrity, featuresVersion: FEATURES_VERSION },
  inputs: ["productViews", "sessions"],
  outputs: ["keen"],
  purposes: ["personalization"],
};
const rulesetOf = (models: Record<string, ModelReference>, revision = 1): Ruleset => ({
  ...{ schemaVersion: 1, revision, models },
  segments: [
    { name: "keen", enter: { "scores.keen": { $gte: 0.5 } }, exit: { "scores.keen": { $lt: 0.3 } } },
    { name: "shy", enter: { "scores.keen": { $lt: 0.5 } } },
  ],
  slots: {
    offer: {
      variants: { none: 0, some: 1 },
      fallback: "none",
      policy: { type: "rules", rules: [{ when: { "scores.keen": { $gte: 0.5 } }, variant: "some" }] },
    },
  },
});

type Asked = Parameters<ModelLoader>[0];

/** A turn of the real event loop for the part that asks models, then all that waits. */
async function fetched(time: { settle(): Promise<void> }): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await import("./recording/page-models.js");
    await time.settle();
  }
}

/** Models that a test lets arrive, and that say what it wants them to. */
function lab() {
  const loads: { asked: Asked; arrive(scorer?: Partial<Scorer>): Promise<void>; fail(error: Error): void }[] =
    [];
  const asked: { version: string; row: number[] }[] = [];
  const closed: string[] = [];
  const scorerOf = (model: Asked, score: (row: Float64Array) => number): Scorer => ({
    ...model,
    score(row) {
      if (closed.includes(model.version)) throw new Error("closed");
      asked.push({ version: model.version, row: [...row] });
      return Float64Array.of(score(row));
    },
    close: () => void closed.push(model.version),
  });
  /** A quarter for each product viewed. */
  const quarter = (row: Float64Array): number => Math.min(1, (row[0] as number) / 4);
  const load: ModelLoader = (model) =>
    new Promise((resolve, reject) => {
      loads.push({
        asked: model,
        async arrive(over = {}) {
          resolve({ ...scorerOf(model, quarter), ...over });
          for (let i = 0; i < 20; i++) await Promise.resolve();
        },
        fail: reject,
      });
    });
  return { loads, asked, closed, load, scorerOf };
}

async function page(models: Record<string, ModelReference>, device = fakeDevice()) {
  const models_ = lab();
  const world = make({ device }, { decisions: { ruleset: rulesetOf(models) }, models: models_.load });
  world.attune.start();
  await world.attune.ready();
  return { ...world, ...models_ };
}

const codes = (errors: readonly unknown[]) =>
  errors.map((error) => (isAttuneError(error) ? error.code : String(error)));

describe("models in the page", () => {
  it("are loaded once their purposes are granted, never before, and nothing waits for them", async () => {
    const { attune, loads, time, errors, asked } = await page({ keen: reference });
    await view(attune);
    expect(loads).toEqual([]);
    await attune.consent.grant(["analytics"]);
    await fetched(time);
    expect(loads).toEqual([]);
    await attune.consent.grant("all");
    await fetched(time);
    expect(loads.map(({ asked: { name, version, url } }) => [name, version, url])).toEqual([
      ["keen", "v1", "/models/keen.onnx"],
    ]);
    // What was before consent to personalization is learned from by nobody.
    for (let i = 0; i < 2; i++) await view(attune);
    expect(attune.snapshot()).toMatchObject({ modelScores: {}, segments: {} });
    expect(attune.decide("offer").reason).toBe("no-match");
    let told = 0;
    attune.subscribe(() => told++);
    await loads[0]?.arrive();
    expect(told).toBeGreaterThan(0);
    expect(attune.snapshot().modelScores).toEqual({ keen: 0.5 });
    expect(Object.keys(attune.snapshot().segments)).toEqual(["keen"]);
    expect(attune.decide("offer")).toMatchObject({ variant: "some", reason: "rule" });
    expect(JSON.stringify(attune.explain("offer").steps)).toContain("scores.keen");
    // Asked once for each state, however often the page looks.
    const before = asked.length;
    for (let i = 0; i < 5; i++) attune.snapshot();
    expect(asked).toHaveLength(before);
    await view(attune);
    expect(attune.snapshot().modelScores).toEqual({ keen: 0.75 });
    expect(asked.at(-1)).toEqual({ version: "v1", row: [3, 1] });
    expect(errors).toEqual([]);
  });

  it("are closed at once when consent goes, and say nothing of anybody any more", async () => {
    const { attune, loads, closed, time, errors, asked } = await page({ keen: reference });
    await attune.consent.grant("all");
    await fetched(time);
    await loads[0]?.arrive();
    for (let i = 0; i < 3; i++) await view(attune);
    expect(Object.keys(attune.snapshot().segments)).toEqual(["keen"]);
    const before = asked.length;
    const withdrawn = attune.consent.withdraw(["personalization"]);
    expect(closed).toEqual(["v1"]);
    await withdrawn;
    expect(attune.snapshot()).toMatchObject({ modelScores: {}, segments: {} });
    await view(attune);
    expect(asked).toHaveLength(before);
    // One that arrives too late is closed unused.
    await attune.consent.grant("all");
    await fetched(time);
    expect(loads).toHaveLength(2);
    await attune.consent.withdraw();
    await loads[1]?.arrive();
    expect(closed).toEqual(["v1", "v1"]);
    expect(attune.snapshot().modelScores).toEqual({});
    expect(errors).toEqual([]);
  });

  it("are switched without a gap: the old version answers until the new one is there", async () => {
    const { attune, loads, closed, time, errors, scorerOf } = await page({ keen: reference });
    await attune.consent.grant("all");
    await fetched(time);
    await loads[0]?.arrive();
    for (let i = 0; i < 3; i++) await view(attune);
    attune.loadRuleset(rulesetOf({ keen: { ...reference, version: "v2" } }, 2));
    await fetched(time);
    expect(loads[1]?.asked.version).toBe("v2");
    expect(attune.snapshot().modelScores).toEqual({ keen: 0.75 });
    await view(attune);
    expect(attune.snapshot().modelScores).toEqual({ keen: 1 });
    // Overtaken before it was there.
    attune.loadRuleset(rulesetOf({ keen: { ...reference, version: "v3" } }, 3));
    await fetched(time);
    await loads[1]?.arrive();
    expect(closed).toEqual(["v2"]);
    expect(attune.snapshot().modelScores).toEqual({ keen: 1 });
    const third = loads[2] as (typeof loads)[number];
    const answers: ((value: number) => void)[] = [];
    await third.arrive({
      ...scorerOf(third.asked, () => 0),
      score: () => new Promise((resolve) => answers.push((value) => resolve(Float64Array.of(value)))),
    });
    expect(closed).toEqual(["v2", "v1"]);
    // What the old one said holds until the new one has said something.
    expect(attune.snapshot().modelScores).toEqual({ keen: 1 });
    expect(Object.keys(attune.snapshot().segments)).toEqual(["keen"]);
    answers[0]?.(0.1);
    await fetched(time);
    expect(attune.snapshot().modelScores).toEqual({ keen: 0.1 });
    expect(Object.keys(attune.snapshot().segments)).toEqual(["shy"]);
    expect(errors).toEqual([]);
  });

  it("that answer later are asked about the latest state alone", async () => {
    const { attune, loads, time, scorerOf } = await page({ keen: reference });
    await attune.consent.grant("all");
    await fetched(time);
    const first = loads[0] as (typeof loads)[number];
    const calls: { row: number[]; answer(value: number): void }[] = [];
    await first.arrive({
      ...scorerOf(first.asked, () => 0),
      score: (row) =>
        new Promise((resolve) => {
          calls.push({ row: [...row], answer: (value) => resolve(Float64Array.of(value)) });
        }),
    });
    for (let i = 0; i < 4; i++) await view(attune);
    expect(calls.map(({ row }) => row[0])).toEqual([0]);
    calls[0]?.answer(0.2);
    await fetched(time);
    expect(calls.map(({ row }) => row[0])).toEqual([0, 4]);
    calls[1]?.answer(0.9);
    await fetched(time);
    expect(attune.snapshot().modelScores).toEqual({ keen: 0.9 });
    expect(Object.keys(attune.snapshot().segments)).toEqual(["keen"]);
    // An answer about somebody who is gone says nothing of who comes next.
    await view(attune);
    await attune.reset();
    calls[2]?.answer(1);
    await fetched(time);
    expect(attune.snapshot().modelScores).toEqual({});
  });

  it("that say what is no score, fail, or are not what was named, leave the page as it is, told once", async () => {
    const other = { ...reference, version: "w1" };
    const { attune, loads, time, errors, scorerOf } = await page({
      keen: reference,
      late: other,
      gone: other,
      old: { ...other, featuresVersion: "0-old" },
    });
    await attune.consent.grant("all");
    await fetched(time);
    expect(loads.map(({ asked: { name } }) => name)).toEqual(["keen", "late", "gone"]);
    expect(codes(errors)).toEqual(["ATTUNE_MODEL_FEATURES"]);
    const [keen, late, gone] = loads as [(typeof loads)[0], (typeof loads)[0], (typeof loads)[0]];
    let value = 0.9;
    await keen.arrive(scorerOf(keen.asked, () => value));
    await view(attune);
    expect(Object.keys(attune.snapshot().segments)).toEqual(["keen"]);
    await late.arrive({ ...scorerOf(late.asked, () => 1), inputs: ["sessions", "productViews"] });
    gone.fail(new Error("404"));
    value = Number.NaN;
    await view(attune);
    await view(attune);
    // Nobody leaves a segment because a model says nothing; rules on the score itself do not hold.
    expect(attune.snapshot().modelScores).toEqual({});
    expect(Object.keys(attune.snapshot().segments)).toEqual(["keen"]);
    expect(attune.decide("offer").variant).toBe("none");
    value = 1.5;
    await view(attune);
    await fetched(time);
    expect(codes(errors).sort()).toEqual([
      "ATTUNE_MODEL_FAILED",
      "ATTUNE_MODEL_FEATURES",
      "ATTUNE_MODEL_MISMATCH",
      "ATTUNE_MODEL_SCORE",
    ]);
    value = 0.1;
    await view(attune);
    expect(Object.keys(attune.snapshot().segments)).toEqual(["shy"]);
  });

  it("of several outputs have a score each; versions on trial go to their share by who it is", async () => {
    const both = { ...reference, outputs: ["low", "high"] };
    const canary = { version: "v2", url: "/models/trial.onnx", integrity, share: 0.5 };
    const versions = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const device = fakeDevice();
      const { load, loads } = lab();
      const world = make(
        { device, seed: i },
        { decisions: { ruleset: rulesetOf({ keen: { ...both, canary } }) }, models: load },
      );
      world.attune.start();
      await world.attune.consent.grant("all");
      await fetched(world.time);
      const id = world.attune.visitor()?.id as string;
      const { version } = modelVersionFor("keen", modelKeyOf(id), { ...both, canary });
      expect(loads.map(({ asked }) => asked.version)).toEqual([version]);
      versions.add(version);
      await loads[0]?.arrive({ score: () => Float64Array.of(0.25, 0.75) });
      expect(world.attune.snapshot().modelScores).toEqual({ keen: { low: 0.25, high: 0.75 } });
    }
    expect([...versions].sort()).toEqual(["v1", "v2"]);
  });

  it("are found again by the next page, from what the device keeps", async () => {
    const device = fakeDevice();
    const first = await page({ keen: reference }, device);
    await first.attune.consent.grant("all");
    await fetched(first.time);
    await first.loads[0]?.arrive();
    for (let i = 0; i < 2; i++) await view(first.attune);
    await first.attune.close();
    expect(first.closed).toEqual(["v1"]);
    const next = await page({ keen: reference }, device);
    await fetched(next.time);
    // Its own model is not there yet: in the segment all the same.
    expect(next.attune.snapshot()).toMatchObject({ modelScores: {} });
    expect(Object.keys(next.attune.snapshot().segments)).toEqual(["keen"]);
    await next.loads[0]?.arrive();
    expect(next.attune.snapshot().modelScores).toEqual({ keen: 0.5 });
  });
});
