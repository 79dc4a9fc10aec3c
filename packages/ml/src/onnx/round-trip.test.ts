import { describe, expect, it } from "vitest";
import { compileModel } from "../model/compile-model.js";
import type { TrainedModel } from "../model/types.js";
import { createOnnxScorer, fromOnnx, readOnnx, toOnnx, type ToOnnxOptions } from "./index.js";
import { modelMaker, trainedModel } from "./test-models.js";

const make = modelMaker(7);

/** One of each kind, under each calibration, in each way of writing. */
const CASES: readonly (readonly [string, TrainedModel, ToOnnxOptions])[] = [
  ["a linear model", trainedModel(make.linear(9, 1)), {}],
  ["a linear model, Platt", trainedModel(make.linear(3, 1), make.platt()), {}],
  ["a linear model of three classes", trainedModel(make.linear(4, 3)), {}],
  ["a network", trainedModel(make.network(5, 1)), {}],
  ["a network, isotonic", trainedModel(make.network(5, 1), make.isotonic(8)), {}],
  ["a network of four classes", trainedModel(make.network(5, 4)), {}],
  ["a forest", trainedModel(make.forest(6, 40, 5)), { cover: true }],
  ["a forest, Platt", trainedModel(make.forest(6, 40, 5), make.platt()), {}],
  ["a forest, isotonic", trainedModel(make.forest(6, 300, 3), make.isotonic(40)), {}],
  ["a forest, isotonic of one point", trainedModel(make.forest(2, 3, 3), make.isotonic(1)), {}],
  ["a compact forest", trainedModel(make.forest(6, 40, 5), make.isotonic(40)), { trees: "compact" }],
  ["single leaves", trainedModel(make.forest(2, 3, 0)), {}],
  ["compact single leaves", trainedModel(make.forest(2, 3, 0)), { trees: "compact" }],
  ["no trees", trainedModel({ kind: "trees", inputs: 2, base: -0.3, trees: [] }), {}],
  [
    "no compact trees",
    trainedModel({ kind: "trees", inputs: 2, base: -0.3, trees: [] }),
    { trees: "compact" },
  ],
];

const farthest = (a: Float64Array, b: Float64Array): number =>
  a.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))),
    a.length === b.length ? 0 : 1,
  );

describe.each(CASES)("%s as an ONNX file", (_name, trained, options) => {
  const file = toOnnx(trained, options);
  // Float32 beforehand: what an ONNX input holds.
  const rows = make.rows(200, trained.model.inputs).map(Math.fround);

  it("scores the same in plain TypeScript, by onnxruntime-web, and before it was a file", async () => {
    const [plain, runtime] = await Promise.all([
      createOnnxScorer(file, { runtime: "plain" }),
      createOnnxScorer(file, { runtime: "onnxruntime" }),
    ]);
    const scores = await plain.score(rows);
    expect(farthest(scores, await runtime.score(rows))).toBeLessThanOrEqual(1e-7);
    // Leaves of a classifier are float32 in the file, which a steep calibration multiplies.
    const steep = trained.calibration?.method === "isotonic" ? 2e-5 : 1e-6;
    expect(farthest(scores, compileModel(trained)(rows))).toBeLessThanOrEqual(steep);
    runtime.close?.();
  });

  it("comes back", () => {
    const back = fromOnnx(file);
    expect(back.metadata).toEqual(trained.metadata);
    expect(back.calibration).toEqual(trained.calibration);
    expect(back.model.kind).toBe(trained.model.kind);
    expect(
      farthest(
        compileModel({ ...back, calibration: null })(rows),
        compileModel({ ...trained, calibration: null })(rows),
      ),
    ).toBeLessThanOrEqual(1e-6);
  });

  it("is written the same each time, and says what it is", () => {
    expect(toOnnx(trained, options)).toEqual(file);
    const { metadata } = readOnnx(file);
    expect(metadata.graphHash).toMatch(/^[0-9a-f]{16}$/);
    expect(metadata.purposes).toEqual(["personalization"]);
  });
});

describe("toOnnx", () => {
  it("gives log-odds where that is asked for, which are scores only with the step that is left to do", async () => {
    const linear = { kind: "linear", inputs: 2, outputs: 1 } as const;
    const model = { ...linear, weights: Float64Array.of(2, -1), intercepts: Float64Array.of(-3) };
    const file = toOnnx(trainedModel(model), { gives: "log-odds" });
    const features = trainedModel(model).metadata.features;
    const row = Float64Array.of(0.5, 1);
    const scorer = await createOnnxScorer(file, { features, transform: "sigmoid" });
    expect((await scorer.score(row))[0]).toBeCloseTo(1 / (1 + Math.exp(3)), 6);
    const bare = await createOnnxScorer(file, { features });
    await expect((async () => bare.score(row))()).rejects.toMatchObject({
      code: "ATTUNE_ML_ONNX_NOT_A_SCORE",
    });
  });

  it("refuses names that are not as many as columns", () => {
    const trained = trainedModel(make.linear(2, 1));
    expect(() => toOnnx(trained, { metadata: { features: ["one"] } })).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_BAD_MODEL", path: "/metadata" }),
    );
  });

  it("takes a bare model with its metadata", () => {
    const { model, metadata } = trainedModel(make.linear(2, 1));
    expect(fromOnnx(toOnnx(model, { metadata })).metadata).toEqual(metadata);
  });
});
