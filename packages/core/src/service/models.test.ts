import { describe, expect, it } from "vitest";
import { PURPOSES, type Purpose } from "../consent/types.js";
import { modelKeyOf, modelVersionFor } from "../decisions/index.js";
import type { ModelReference } from "../decisions/types.js";
import { createAttune } from "../engine/index.js";
import { isAttuneError } from "../kernel/errors.js";
import { memoryChannel, memoryLog, memoryStore } from "../memory/index.js";
import type { Scorer } from "../state/scorer.js";
import { FEATURES_VERSION } from "../state/index.js";
import { createFakeClock } from "../testing/fake-clock.js";
import { createPersonalizationService } from "./create-service.js";
import type { ScorerSource, ServiceOptions } from "./options.js";
import { sample, T0 } from "./service.test.suite.js";

const integrity = `sha256-${"A".repeat(43)}=`;
const canary = { version: "v2", url: "/models/trial.onnx", integrity, share: 0.5 };
const reference: ModelReference = {
  ...{ version: "v1", url: "/models/keen.onnx", integrity, featuresVersion: FEATURES_VERSION },
  inputs: ["productViews", "sessions"],
  outputs: ["keen"],
  purposes: ["personalization"],
};
const rulesetOf = (keen: ModelReference, revision = 1) => ({
  ...{ schemaVersion: 1, revision, models: { keen } },
  segments: [
    { name: "keen", enter: { "scores.keen": { $gte: 0.5 } }, exit: { "scores.keen": { $lt: 0.3 } } },
  ],
  slots: {
    offer: {
      variants: { none: 0, some: 1 },
      fallback: "none",
      policy: { type: "rules", rules: [{ when: { "scores.keen": { $gte: 0.5 } }, variant: "some" }] },
    },
    member: {
      variants: { no: 0, yes: 1 },
      fallback: "no",
      policy: { type: "rules", rules: [{ segment: "keen", variant: "yes" }] },
    },
  },
});

/** A quarter for each product viewed; the second version halves that. */
function scorer(version: string, calls: number[] = []): Scorer {
  const { inputs, outputs, purposes, featuresVersion } = reference;
  return {
    ...{ name: "keen", version, inputs, outputs, purposes, featuresVersion },
    score(rows) {
      calls.push(rows.length / inputs.length);
      const each = version === "v2" ? 8 : 4;
      return Float64Array.from({ length: rows.length / inputs.length }, (_, i) =>
        Math.min(1, (rows[i * inputs.length] as number) / each),
      );
    },
  };
}

function world(over: Partial<ServiceOptions>) {
  const clock = createFakeClock();
  const ports = { hot: memoryStore({ clock }), log: memoryLog({ clock }), channel: memoryChannel({}) };
  const reports: unknown[] = [];
  const start = (more: Partial<ServiceOptions> = {}) =>
    createPersonalizationService({
      ...{ stores: { hot: ports.hot }, log: ports.log, channel: ports.channel, clock },
      report: (error) => void reports.push(error),
      ...over,
      ...more,
    });
  const codes = () => reports.map((error) => (isAttuneError(error) ? error.code : String(error)));
  return { clock, ...ports, start, codes };
}

let ids = 0;
const viewed = (visitorId: string, over: Record<string, unknown> = {}) =>
  sample({
    ...{ id: `m${ids++}`, name: "Product Viewed", visitorId, sessionId: null },
    properties: { product_id: "hat" },
    ...over,
  });
const granted = Object.fromEntries(PURPOSES.map((purpose) => [purpose, true])) as never;

describe("models on the server", () => {
  it("T33: page and server come to the same scores, segments and decisions, on trial or not", async () => {
    const both = { ...reference, canary };
    const { start, codes } = world({ ruleset: rulesetOf(both) });
    const service = start({ scorers: [scorer("v1"), scorer("v2")] });
    const versions = new Set<string>();
    for (const views of [0, 1, 2, 3, 5]) {
      for (const granting of [["personalization"], ["analytics"]] as Purpose[][]) {
        const attune = createAttune({
          environment: { clock: { now: () => T0 + 1000 } },
          decisions: { ruleset: rulesetOf(both) as never },
          consent: { policy: { version: "1" } },
          models: async ({ version }) => scorer(version),
        });
        attune.start();
        await attune.ready();
        await attune.consent.grant(granting);
        for (let i = 0; i < 10; i++) await Promise.resolve();
        for (let i = 0; i < views; i++) await attune.track("Product Viewed", { product_id: "hat" });
        const id = attune.visitor()?.id as string;
        versions.add(modelVersionFor("keen", modelKeyOf(id), both).version);
        await service.ingest(
          Array.from({ length: views }, () =>
            viewed(id, { occurredAt: T0 + 1000, consent: { purposes: granting, policyVersion: "1" } }),
          ),
        );
        await service.settled();
        const consent = Object.fromEntries(
          PURPOSES.map((purpose) => [purpose, purpose === "necessary" || granting.includes(purpose)]),
        ) as never;
        const { decisions, segments } = await service.decide({ id, consent });
        expect(Object.keys(segments)).toEqual(Object.keys(attune.snapshot().segments));
        for (const slot of ["offer", "member"]) {
          const { variant, reason } = attune.decide(slot);
          expect(decisions[slot]).toMatchObject({ variant, reason });
        }
        const profile = await service.profile({ visitorId: id });
        if (views > 0) expect(profile?.modelScores).toEqual(attune.snapshot().modelScores);
        await attune.close();
      }
    }
    expect([...versions].sort()).toEqual(["v1", "v2"]);
    expect(codes()).toEqual([]);
    await service.close();
  });

  it("are asked about many visitors in one call", async () => {
    const calls: number[] = [];
    const { start } = world({ ruleset: rulesetOf(reference) });
    const service = start({ scorers: [scorer("v1", calls)] });
    await service.ingest([viewed("a")], { waitMs: 5000 });
    calls.length = 0;
    await service.ingest(Array.from({ length: 40 }, (_, i) => [viewed(`w${i}`), viewed(`w${i}`)]).flat(), {
      waitMs: 5000,
    });
    expect(calls.reduce((sum, rows) => sum + rows, 0)).toBe(80);
    expect(calls.length).toBeLessThan(10);
    expect((await service.profile({ visitorId: "w3" }))?.segments).toHaveProperty("keen");
    await service.close();
  });

  it("that are not there leave everybody where they are, and are switched without a gap", async () => {
    const there = new Map([["v1", scorer("v1")]]);
    const asked = new Set<string>();
    const source: ScorerSource = {
      scorer(site, { name }, { version }) {
        asked.add(`${site} ${name} ${version}`);
        return there.get(version) ?? null;
      },
    };
    const { start, codes } = world({ ruleset: rulesetOf(reference) });
    const service = start({ scorers: source });
    await service.ingest([viewed("a"), viewed("a")], { waitMs: 5000 });
    const segmentsOf = async (id: string) =>
      Object.keys((await service.decide({ id, consent: granted })).segments);
    expect(await segmentsOf("a")).toEqual(["keen"]);
    await service.loadRuleset(rulesetOf({ ...reference, version: "v2" }, 2));
    // The new version is being loaded: what answered before goes on.
    await service.ingest([viewed("a"), viewed("b"), viewed("b")], { waitMs: 5000 });
    await service.settled();
    expect(asked).toContain("default keen v2");
    expect((await service.profile({ visitorId: "a" }))?.modelScores).toEqual({ keen: 0.75 });
    expect(await segmentsOf("b")).toEqual(["keen"]);
    there.set("v2", scorer("v2"));
    expect((await service.profile({ visitorId: "a" }))?.modelScores).toEqual({ keen: 0.375 });
    await service.close();
    // A process in which nothing is loaded yet knows nothing, and throws nobody out.
    there.clear();
    const other = start({ scorers: source, ruleset: rulesetOf({ ...reference, version: "v2" }, 2) });
    await other.ingest([viewed("a")], { waitMs: 5000 });
    expect((await other.profile({ visitorId: "a" }))?.segments).toHaveProperty("keen");
    expect((await other.profile({ visitorId: "a" }))?.modelScores).toEqual({});
    expect((await other.decide({ id: "a", consent: granted })).decisions["offer"]?.variant).toBe("none");
    expect(codes()).toEqual([]);
    await other.close();
  });

  it("tell their source whom they were asked about, once for each row, where they fail too", async () => {
    const told: (readonly [string, string, string, readonly string[]])[] = [];
    const source: ScorerSource = {
      scorer: (_site, _model, { version }) =>
        version === "v1"
          ? scorer("v1")
          : { ...scorer("v2"), score: () => Promise.reject(new Error("does not compute")) },
      asked(site, { name, version }, keys) {
        told.push([site, name, version, keys]);
        throw new Error("does not count");
      },
    };
    const both = { ...reference, canary };
    const { start, codes } = world({ ruleset: rulesetOf(both) });
    const service = start({ scorers: source });
    const names = Array.from({ length: 20 }, (_, i) => `asked-${i}`);
    await service.ingest(
      names.flatMap((id) => [viewed(id), viewed(id)]),
      { waitMs: 5000 },
    );
    await service.decide({ id: "asked-decided", consent: granted });
    const expected = [...names, ...names, "asked-decided"].map((id) => {
      const key = modelKeyOf(id);
      return `default keen ${modelVersionFor("keen", key, both).version} ${key}`;
    });
    const seen = told.flatMap(([site, name, version, keys]) =>
      keys.map((key) => `${site} ${name} ${version} ${key}`),
    );
    expect(seen.sort()).toEqual(expected.sort());
    expect(new Set(told.map(([, , version]) => version))).toEqual(new Set(["v1", "v2"]));
    // One that cannot count is told of, and keeps nobody from a score.
    const [good = ""] = names.filter((id) => modelVersionFor("keen", modelKeyOf(id), both) === both);
    expect((await service.profile({ visitorId: good }))?.segments).toHaveProperty("keen");
    expect(new Set(codes())).toEqual(new Set(["ATTUNE_MODEL_FAILED"]));
    await service.close();
  });

  it("that say nothing of use are told of once, and cost nobody anything", async () => {
    const bad: Scorer = { ...scorer("v1"), score: async (rows) => rows.map(() => Number.NaN) };
    const { start, codes } = world({ ruleset: rulesetOf(reference) });
    const service = start({ scorers: [bad] });
    await service.ingest([viewed("a"), viewed("b")], { waitMs: 5000 });
    await service.ingest([viewed("a")], { waitMs: 5000 });
    expect((await service.profile({ visitorId: "a" }))?.segments).toEqual({});
    // Two values a row in place of one are none either.
    expect(new Set(codes())).toEqual(new Set(["ATTUNE_MODEL_FAILED"]));
    expect(codes()).toHaveLength(1);
    await service.close();
  });
});
