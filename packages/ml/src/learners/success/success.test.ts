import { seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { type Landmark, successPredictor, trainSuccess } from "../index.js";

const METADATA = { name: "onboarding", label: "finishes", purposes: [] };

/** Success depends on the course's number, in no order, and on progress. */
function people(count: number): Landmark {
  const random = seededRandom(5);
  const points = Array.from({ length: count }, () => [Math.floor(random() * 4), random()]);
  const labels = points.map(([course, progress]) =>
    random() < (course === 1 || course === 3 ? 0.2 : 0.7) + 0.2 * (progress as number) ? 1 : 0,
  );
  return { name: "start", features: ["course", "progress"], categorical: ["course"], points, labels };
}

describe("success", () => {
  it("is told at a landmark, better than the majority, from what is known there", () => {
    const model = trainSuccess([people(600)], { metadata: METADATA, learner: "logistic" });
    const [landmark] = model.landmarks;
    expect(landmark?.metrics.accuracy.value).toBeGreaterThan((landmark?.metrics.majority as number) + 0.1);
    const predictor = successPredictor(model);
    const at = (course: number) =>
      predictor.predict("start", { course, progress: 0.5, more: 1 }).probability as number;
    expect(at(0)).toBeGreaterThan(0.6);
    expect(at(1)).toBeLessThan(0.5);
    expect(at(99)).toBeGreaterThan(0);
    // A name is one or it is not; how high its number is says nothing.
    expect(landmark?.inputs.map(({ feature, equals }) => [feature, equals])).toEqual([
      ...[0, 1, 2, 3].map((course) => ["course", course]),
      ["progress", null],
    ]);
  });

  it("is unknown, with a reason, where something is missing", () => {
    const predictor = successPredictor(
      trainSuccess([people(200)], { metadata: METADATA, learner: "logistic" }),
    );
    expect(predictor.predict("start", { course: 1, progress: NaN })).toEqual({
      ...{ probability: null, reason: "missing-feature", missing: ["progress"] },
    });
    expect(() => predictor.predict("end", {})).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_UNKNOWN_LANDMARK" }),
    );
  });

  it("refuses what does not fit", () => {
    const input = (path: string) => expect.objectContaining({ code: "ATTUNE_ML_INPUT", path });
    const one = people(50);
    const train = (landmark: Landmark) =>
      trainSuccess([landmark], { metadata: METADATA, learner: "logistic" });
    expect(() => trainSuccess([], { metadata: METADATA })).toThrow(input("/landmarks"));
    expect(() => train({ ...one, labels: [1] })).toThrow(input("/landmarks/0/labels"));
    expect(() => train({ ...one, categorical: ["other"] })).toThrow(input("/landmarks/0/categorical"));
    expect(() => train({ ...one, labels: one.labels.map(() => 1) })).toThrow(/./);
  });
});
