import { seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { compileModel } from "../model/compile-model.js";
import { createOnnxScorer, toOnnx } from "../onnx/index.js";
import { trainedModel } from "../onnx/test-models.js";
import { trainNetwork } from "./index.js";

const random = seededRandom(3);
/** Inside a ring or not: no line tells these apart. Columns differ in size, as features do. */
const points = Array.from({ length: 200 }, () => [random() * 2 - 1, 5000 + 1000 * (random() * 2 - 1), 7]);
const labels = points.map(([x, y]) =>
  (x as number) ** 2 + (((y as number) - 5000) / 1000) ** 2 < 0.6 ? 1 : 0,
);
const { metadata } = trainedModel({
  kind: "linear",
  inputs: 3,
  outputs: 1,
  weights: new Float64Array(3),
  intercepts: new Float64Array(1),
});

describe("trainNetwork", () => {
  it("learns what no line can tell, scores raw values, and gives the same through onnxruntime-web", async () => {
    const trained = await trainNetwork(points, labels, {
      metadata,
      epochs: 40,
      batchSize: 100,
      learningRate: 0.03,
    });
    const rows = Float64Array.from(points.flat(), Math.fround);
    const scores = compileModel(trained)(rows);
    const right = labels.filter((label, i) => (scores[i] as number) > 0.5 === (label === 1)).length;
    expect(right / labels.length).toBeGreaterThan(0.9);
    const runtime = await createOnnxScorer(toOnnx(trained), { runtime: "onnxruntime" });
    const elsewhere = await runtime.score(rows);
    scores.forEach((score, i) => expect(Math.abs(score - (elsewhere[i] as number))).toBeLessThan(1e-5));
    runtime.close?.();
    // Loading tfjs and the runtime takes its time on a busy machine.
  }, 60_000);

  it("leaves no tensor behind", async () => {
    const tf = await import("@tensorflow/tfjs");
    const before = tf.memory().numTensors;
    await trainNetwork(points, labels, { metadata, epochs: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("trains the same network from the same seed", async () => {
    const options = { metadata, epochs: 1, seed: 5 };
    const [a, b] = [await trainNetwork(points, labels, options), await trainNetwork(points, labels, options)];
    expect(a).toEqual(b);
    expect(await trainNetwork(points, labels, { ...options, seed: 6 })).not.toEqual(a);
  });

  it.each([
    [
      "one class",
      () =>
        trainNetwork(
          points,
          labels.map(() => 1),
          { metadata },
        ),
      "ATTUNE_ML_BAD_LABELS",
    ],
    ["too few labels", () => trainNetwork(points, [0, 1], { metadata }), "ATTUNE_ML_BAD_SHAPE"],
    ["no points", () => trainNetwork([], [], { metadata }), "ATTUNE_ML_EMPTY_DATA"],
    ["NaN", () => trainNetwork([[Number.NaN]], [1], { metadata }), "ATTUNE_ML_NOT_FINITE"],
  ])("refuses %s", async (_what, run, code) => {
    await expect(run()).rejects.toThrow(expect.objectContaining({ code }));
  });
});
