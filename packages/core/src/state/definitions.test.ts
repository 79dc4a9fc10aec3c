import { describe, expect, it } from "vitest";
import { FEATURES, FEATURES_VERSION, features, featuresVersion, initialState } from "./index.js";

describe("feature definitions", () => {
  it("describe what `features` reads, in its order", () => {
    expect(FEATURES.map(({ name }) => name)).toEqual(Object.keys(features(initialState())));
    for (const { description, purposes, range } of FEATURES) {
      expect(description.length).toBeGreaterThan(10);
      expect(purposes).toEqual(["personalization"]);
      expect(range[0]).toBeLessThan(range[1]);
    }
  });

  it("have the version of their content", () => {
    expect(FEATURES_VERSION).toBe(featuresVersion());
    expect(featuresVersion(FEATURES.slice(1))).not.toBe(FEATURES_VERSION);
  });
});
