import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelReference, newModel, stepModel } from "./index.js";
import type { ModelAction, ModelRecord, ModelVersion } from "./index.js";

const versionOf = (version: string, over: Partial<ModelVersion> = {}): ModelVersion => ({
  ...{
    v: 1,
    name: "buys-soon",
    version,
    integrity: `sha256-${version}`,
    bytes: 1,
    createdAt: 0,
    metric: null,
  },
  ...{ inputs: ["sessions"], featuresVersion: "f1", outputs: ["buys"], purposes: ["personalization"] },
  lineage: { parent: null, trainedOn: null, codeVersion: null },
  ...over,
});
const KNOWN = new Map(["a", "b", "c", "d"].map((version) => [version, versionOf(version)]));
KNOWN.set("other", versionOf("other", { inputs: ["orders"] }));
const find = (version: string) => KNOWN.get(version) ?? null;
const by = { find, now: 1000, actor: "someone" };

/** What the actions make of a new model; the code where one of them is refused. */
function after(...actions: ModelAction[]): ModelRecord | string {
  let record = newModel("buys-soon");
  for (const action of actions) {
    const next = stepModel(record, action, by);
    if (!next.ok) return next.error[0]?.code ?? "";
    record = next.value;
  }
  return record;
}

describe("stepModel", () => {
  it("promotes, tries out and goes back to the champion before", () => {
    const promoted = after({ type: "promote", version: "a" }, { type: "promote", version: "b" });
    expect(promoted).toMatchObject({ champion: "b", previous: ["a"], canary: null, revision: 2 });
    const tried = after({ type: "promote", version: "a" }, { type: "canary", version: "b", share: 0.1 });
    expect(tried).toMatchObject({
      champion: "a",
      canary: { version: "b", share: 0.1, startedAt: 1000, run: 1 },
    });
    expect(
      after(
        { type: "promote", version: "a" },
        { type: "promote", version: "b" },
        { type: "rollback", code: "errors" },
      ),
    ).toMatchObject({
      ...{ champion: "a", previous: [], refused: ["b"] },
      events: [{ type: "rollback", version: "b", code: "errors", actor: "someone" }, {}, {}],
    });
  });

  it("takes the trial back and leaves the champion", () => {
    const record = after(
      { type: "promote", version: "a" },
      { type: "canary", version: "b", share: 0.5 },
      { type: "rollback", run: 1, code: "slow" },
    );
    expect(record).toMatchObject({ champion: "a", canary: null, refused: ["b"], runs: 1 });
  });

  it("promotes what a trial has proved while that trial goes on, and no version that was taken back meanwhile", () => {
    const a = { type: "promote", version: "a" } as const;
    const b = { type: "canary", version: "b", share: 0.5 } as const;
    const proved = { type: "promote", version: "b", run: 1, code: "proved" } as const;
    expect(after(a, b, proved)).toMatchObject({ champion: "b", canary: null });
    expect(after(a, b, { type: "rollback" }, proved)).toBe("ATTUNE_MODEL_RUN");
    expect(after(a, b, { type: "rollback" }, { ...b, version: "c" }, proved)).toBe("ATTUNE_MODEL_RUN");
    expect(after(a, b, { type: "rollback" }, b, proved)).toBe("ATTUNE_MODEL_RUN");
    expect(after(a, b, { ...proved, version: "c" })).toBe("ATTUNE_MODEL_RUN");
    // A person may: who names no trial means the version.
    expect(after(a, b, { type: "rollback" }, { type: "promote", version: "b" })).toMatchObject({
      champion: "b",
    });
  });

  it("says why it does nothing", () => {
    const a = { type: "promote", version: "a" } as const;
    const b = { type: "canary", version: "b", share: 0.5 } as const;
    expect(after({ type: "promote", version: "x" })).toBe("ATTUNE_MODEL_VERSION");
    expect(after({ type: "promote" })).toBe("ATTUNE_MODEL_VERSION");
    expect(after(a, a)).toBe("ATTUNE_MODEL_CHAMPION");
    expect(after(b)).toBe("ATTUNE_MODEL_NO_CHAMPION");
    expect(after(a, { ...b, share: 1 })).toBe("ATTUNE_MODEL_SHARE");
    expect(after(a, { ...b, share: Number.NaN })).toBe("ATTUNE_MODEL_SHARE");
    expect(after(a, b, { ...b, version: "c" })).toBe("ATTUNE_MODEL_CANARY");
    expect(after(a, { ...b, version: "other" })).toBe("ATTUNE_MODEL_INTERFACE");
    expect(after(a, { ...b, version: "a" })).toBe("ATTUNE_MODEL_CHAMPION");
    expect(after(a, { type: "rollback" })).toBe("ATTUNE_MODEL_NOTHING_BEFORE");
    expect(after(a, b, { type: "rollback", run: 2 })).toBe("ATTUNE_MODEL_RUN");
  });

  const action: fc.Arbitrary<ModelAction> = fc.oneof(
    fc.record({ type: fc.constant("promote" as const), version: fc.constantFrom("a", "b", "c", "d", "x") }),
    fc.constant({ type: "promote" as const }),
    fc.record({
      type: fc.constant("canary" as const),
      version: fc.constantFrom("a", "b", "c", "d", "other"),
      share: fc.constantFrom(0.1, 0.5),
    }),
    fc.constant({ type: "rollback" as const }),
  );

  it("never has a champion that does not exist, a trial of the champion, or a champion among those before it", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        let record = newModel("buys-soon");
        for (const one of actions) {
          const next = stepModel(record, one, by);
          if (!next.ok) continue;
          expect(next.value.revision).toBe(record.revision + 1);
          record = next.value;
          const { champion, canary, previous, refused } = record;
          expect(champion !== null && find(champion)).toBeTruthy();
          expect(canary?.version).not.toBe(champion);
          expect(previous).not.toContain(champion);
          expect(new Set(previous).size).toBe(previous.length);
          expect(refused).not.toContain(champion);
          expect(refused).not.toContain(canary?.version);
          const reference = modelReference(record, find);
          expect(reference?.version).toBe(champion);
          expect(reference?.canary?.version).toBe(canary?.version);
        }
      }),
      { numRuns: 200 },
    );
  });
});
