import { describe, expect, it } from "vitest";
import { compileModel, compileRawModel } from "./compile-model.js";
import type { Calibration, ModelMetadata, PredictiveModel, Tree } from "./types.js";

const METADATA: ModelMetadata = {
  name: "test-model",
  features: ["a", "b"],
  featuresVersion: null,
  purposes: ["personalization"],
  label: "a test",
  outputs: ["probability"],
  trainedOn: null,
};
const trained = (model: PredictiveModel, calibration: Calibration | null = null) => ({
  model,
  calibration,
  metadata: METADATA,
});
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** a ≤ 0.1 ? −1 : (b ≤ 2 ? 0.5 : 3) */
const TREE: Tree = {
  feature: Int32Array.of(0, -1, 1, -1, -1),
  threshold: Float32Array.of(0.1, 0, 2, 0, 0),
  left: Int32Array.of(1, -1, 3, -1, -1),
  right: Int32Array.of(2, -1, 4, -1, -1),
  value: Float64Array.of(0, -1, 1, 0.5, 3),
  cover: Float64Array.of(4, 1, 3, 2, 1),
};
const TREES = { kind: "trees", inputs: 2, base: 0.25, trees: [TREE, TREE] } as const;

describe("compileModel", () => {
  it("weighs and sums what a linear model reads", () => {
    const model = {
      kind: "linear",
      inputs: 2,
      outputs: 1,
      weights: Float64Array.of(2, -1),
      intercepts: Float64Array.of(0.5),
    } as const;
    const rows = Float64Array.of(1, 1, 0, 3);
    expect([...compileRawModel(model)(rows)]).toEqual([1.5, -2.5]);
    const scores = compileModel(trained(model))(rows);
    expect(scores[0]).toBeCloseTo(logistic(1.5), 15);
    expect(scores[1]).toBeCloseTo(logistic(-2.5), 15);
  });

  it("gives shares that sum to 1 where there are several outputs, however large the logits", () => {
    const model = {
      kind: "linear",
      inputs: 1,
      outputs: 3,
      ...{ weights: Float64Array.of(0, 1000, 1000), intercepts: Float64Array.of(0, 0, Math.log(3)) },
    } as const;
    const scores = compileModel(trained(model))(Float64Array.of(0, 2));
    expect([...scores].map((score) => Math.round(score * 1e12) / 1e12)).toEqual([
      0.2, 0.2, 0.6, 0, 0.25, 0.75,
    ]);
  });

  it("walks trees, comparing as float32 does", () => {
    const score = compileRawModel(TREES);
    // 0.1 is above the float32 next to it, and still goes left: it is rounded first.
    expect([...score(Float64Array.of(0.1, 9, 0.2, 2, 0.2, 2.5))]).toEqual([-1.75, 1.25, 6.25]);
  });

  it("runs a network", () => {
    const model = {
      kind: "network",
      inputs: 2,
      layers: [
        { weights: Float32Array.of(1, -1, 0.5, 0.5), biases: Float32Array.of(0, 1), activation: "relu" },
        { weights: Float32Array.of(1, 1), biases: Float32Array.of(0), activation: "tanh" },
        { weights: Float32Array.of(2), biases: Float32Array.of(1), activation: "identity" },
      ],
    } as const;
    const rows = Float64Array.of(1, 3, 3, 1);
    const want = [1 + 2 * Math.tanh(3), 1 + 2 * Math.tanh(5)];
    compileRawModel(model)(rows).forEach((logOdds, i) => {
      expect(logOdds).toBeCloseTo(want[i] as number, 14);
    });
  });

  it("calibrates", () => {
    const platt = compileModel(trained(TREES, { method: "platt", slope: 2, intercept: -1 }));
    expect(platt(Float64Array.of(0, 0))[0]).toBeCloseTo(logistic(2 * -1.75 - 1), 15);
    const x = Float64Array.of(0.2, 0.4, 0.9);
    const isotonic = compileModel(
      trained(TREES, { method: "isotonic", x, y: Float64Array.of(0.1, 0.3, 0.5) }),
    );
    const between = 0.3 + (0.2 * (logistic(1.25) - 0.4)) / 0.5;
    const scores = isotonic(Float64Array.of(0, 0, 0.2, 2, 0.2, 9));
    expect([scores[0], scores[2]]).toEqual([0.1, 0.5]);
    expect(scores[1]).toBeCloseTo(between, 14);
  });

  it("writes into an array that is there", () => {
    const out = new Float64Array(2);
    expect(compileModel(trained(TREES))(Float64Array.of(0, 0, 1, 1), out)).toBe(out);
    expect(out[1]).toBeGreaterThan(0.5);
  });

  it.each([
    ["rows of another width", () => compileModel(trained(TREES))(new Float64Array(3)), "ATTUNE_ML_BAD_SHAPE"],
    [
      "no room",
      () => compileModel(trained(TREES))(new Float64Array(4), new Float64Array(1)),
      "ATTUNE_ML_BAD_SHAPE",
    ],
    [
      "a loop",
      () => compileRawModel({ ...TREES, trees: [{ ...TREE, right: Int32Array.of(2, -1, 0, -1, -1) }] }),
      "ATTUNE_ML_BAD_MODEL",
    ],
    [
      "a column that is not there",
      () => compileRawModel({ ...TREES, trees: [{ ...TREE, feature: Int32Array.of(2, -1, 1, -1, -1) }] }),
      "ATTUNE_ML_BAD_MODEL",
    ],
    [
      "a value that is none",
      () =>
        compileRawModel({ ...TREES, trees: [{ ...TREE, value: Float64Array.of(0, Number.NaN, 0, 0, 0) }] }),
      "ATTUNE_ML_BAD_MODEL",
    ],
    [
      "weights that do not fit",
      () =>
        compileRawModel({
          kind: "linear",
          inputs: 2,
          outputs: 1,
          ...{ weights: new Float64Array(3), intercepts: new Float64Array(1) },
        }),
      "ATTUNE_ML_BAD_MODEL",
    ],
    [
      "a network without layers",
      () => compileRawModel({ kind: "network", inputs: 2, layers: [] }),
      "ATTUNE_ML_BAD_MODEL",
    ],
    [
      "a calibration that falls back",
      () =>
        compileModel(
          trained(TREES, { method: "isotonic", x: Float64Array.of(1, 0), y: Float64Array.of(0, 1) }),
        ),
      "ATTUNE_ML_BAD_MODEL",
    ],
  ])("refuses %s", (_what, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
