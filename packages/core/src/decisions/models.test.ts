import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FEATURES_VERSION } from "../state/features.js";
import { lintRuleset } from "./lint-ruleset.js";
import { modelKeyOf, modelVersionFor } from "./model-version.js";
import type { ModelReference, Ruleset } from "./types.js";
import { validateRuleset } from "./validate-ruleset.js";

const integrity = `sha256-${"A".repeat(43)}=`;
const model: ModelReference = {
  version: "v1",
  url: "/models/churn.onnx",
  integrity,
  inputs: ["cartValue", "sessions"],
  featuresVersion: FEATURES_VERSION,
  outputs: ["churn"],
  purposes: ["personalization"],
};
const trial = { version: "v2", url: "https://cdn.example/churn-2.onnx", integrity, share: 0.2 };
const rulesetOf = (models: Record<string, unknown>, segments: object[] = []) => ({
  schemaVersion: 1,
  revision: 1,
  segments,
  models,
  slots: {},
});
const issues = (models: Record<string, unknown>) => {
  const checked = validateRuleset(rulesetOf(models));
  return checked.ok
    ? []
    : checked.error.map(({ path, code }) => `${path} ${code.replace("ATTUNE_DECISIONS_", "")}`);
};

describe("models of a ruleset", () => {
  it("are taken with and without a version on trial", () => {
    expect(issues({ churn: model, "next-order": { ...model, canary: trial } })).toEqual([]);
    expect(issues({ other: { ...model, featuresVersion: null, inputs: ["x", "y"] } })).toEqual([]);
    // Names of another version's list are that version's business.
    expect(issues({ old: { ...model, featuresVersion: "0-a", inputs: ["gone"] } })).toEqual([]);
  });

  it.each([
    ["Churn", {}, "/models/Churn INVALID_NAME"],
    ["intent", {}, "/models/intent INVALID_NAME"],
    ["m", { url: "javascript:alert(1)" }, "/models/m/url INVALID_TYPE"],
    ["m", { url: "//evil.example/m" }, "/models/m/url INVALID_TYPE"],
    ["m", { url: "data:text/plain,1" }, "/models/m/url INVALID_TYPE"],
    ["m", { integrity: "sha256-short" }, "/models/m/integrity INVALID_TYPE"],
    ["m", { inputs: ["cartValu"] }, "/models/m/inputs/0 UNKNOWN_FEATURE"],
    ["m", { inputs: ["sessions", "sessions"] }, "/models/m/inputs/1 DUPLICATE_NAME"],
    ["m", { inputs: [] }, "/models/m/inputs INVALID_LIST"],
    ["m", { outputs: [] }, "/models/m/outputs INVALID_LIST"],
    ["m", { outputs: ["a.b", "c"] }, "/models/m/outputs/0 INVALID_NAME"],
    ["m", { purposes: ["personalisation"] }, "/models/m/purposes/0 UNKNOWN_PURPOSE"],
    ["m", { purposes: [] }, "/models/m/purposes INVALID_LIST"],
    ["m", { featuresVersion: 3 }, "/models/m/featuresVersion INVALID_TYPE"],
    ["m", { canary: { ...trial, share: 1 } }, "/models/m/canary/share INVALID_TYPE"],
    ["m", { canary: { ...trial, version: "v1" } }, "/models/m/canary/version SAME_VERSION"],
    ["m", { canary: { share: 0.5 } }, "/models/m/canary/version MISSING_FIELD"],
    ["m", { weight: 1 }, "/models/m/weight UNKNOWN_FIELD"],
  ])("%s with %j is refused", (name, over, issue) => {
    expect(issues({ [name]: { ...model, ...over } })).toContain(issue);
  });

  it("are warned of where nobody asks them, or nobody reads what they say", () => {
    const reads = (path: string) => [{ name: "leaving", enter: { [path]: { $gte: 0.5 } } }];
    const lint = (over: object, path = "scores.churn") =>
      lintRuleset(rulesetOf({ churn: { ...model, ...over } }, reads(path)) as unknown as Ruleset).map(
        (issue) => `${issue.path} ${issue.code.replace("ATTUNE_DECISIONS_", "")}`,
      );
    expect(lint({})).toEqual([]);
    expect(lint({ outputs: ["low", "high"] }, "scores.churn.high")).toEqual([]);
    expect(lint({ outputs: ["low", "high"] })).toEqual(["/segments/0/enter/scores.churn UNKNOWN_ATTRIBUTE"]);
    expect(lint({}, "scores.chrun")).toEqual([
      "/segments/0/enter/scores.chrun UNKNOWN_ATTRIBUTE",
      "/models/churn UNREAD_MODEL",
    ]);
    expect(lint({ featuresVersion: "0-other" })).toEqual(["/models/churn/featuresVersion OTHER_FEATURES"]);
    expect(lint({ featuresVersion: null })).toEqual(["/models/churn/featuresVersion NO_FEATURES"]);
  });
});

describe("modelVersionFor", () => {
  const reference = { ...model, canary: trial };
  it("gives nobody the version that everybody has", () => {
    expect(modelVersionFor("churn", null, reference).version).toBe("v1");
    expect(modelVersionFor("churn", modelKeyOf("v-1"), model).version).toBe("v1");
  });

  it("gives the trial to its share, which only grows when the share does", () => {
    const ids = Array.from({ length: 6000 }, (_, i) => `visitor-${i}`);
    const onTrial = (share: number) =>
      ids.filter(
        (id) =>
          modelVersionFor("churn", modelKeyOf(id), { ...model, canary: { ...trial, share } }).version ===
          "v2",
      );
    const few = onTrial(0.1);
    const many = new Set(onTrial(0.3));
    // More than four standard errors of 6000 draws by ten thousand keys.
    expect(Math.abs(few.length / ids.length - 0.1)).toBeLessThan(0.025);
    expect(Math.abs(many.size / ids.length - 0.3)).toBeLessThan(0.032);
    expect(few.every((id) => many.has(id))).toBe(true);
  });

  it("draws for each model by itself", () => {
    const ids = Array.from({ length: 5000 }, (_, i) => modelKeyOf(`v${i}`));
    const half = { ...model, canary: { ...trial, share: 0.5 } };
    const [a, b] = ["churn", "order"].map((name) => ids.map((id) => modelVersionFor(name, id, half).version));
    const alike = (a as string[]).filter((version, i) => version === b?.[i]).length / ids.length;
    expect(Math.abs(alike - 0.5)).toBeLessThan(0.05);
  });

  it("has a key of four digits at most for any id", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (id) => {
        expect(modelKeyOf(id)).toMatch(/^\d{1,4}$/);
      }),
    );
  });
});
