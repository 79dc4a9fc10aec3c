import { memoryStore } from "@attune/core/memory";
import { describe, expect, it } from "vitest";
import { createAlarms, type ModelAlarm } from "./alarms.js";

const NOW = Date.now();
const found = (features: string[], more: Partial<ModelAlarm> = {}): ModelAlarm => ({
  ...{ kind: "features", version: "v1", at: NOW, features },
  ...more,
});

describe("alarms of a model", () => {
  it("are told once by all processes that find the same, and again with what comes on top", async () => {
    const store = memoryStore();
    const [one, two] = [createAlarms(store), createAlarms(store)];
    const told = await Promise.all([one, two].map((each) => each.raise("default", "m", found(["b"]))));
    expect(told.filter((alarm) => alarm !== null)).toEqual([found(["b"])]);
    expect(await two.raise("default", "m", found(["b"]))).toBeNull();
    expect(await two.raise("default", "m", found(["a"]))).toEqual(found(["a", "b"]));
    // What one process sees less of is no news.
    expect(await one.raise("default", "m", found(["b"]))).toBeNull();
    expect(await one.raise("default", "m", found(["c"], { version: "v2" }))).toEqual(
      found(["c"], { version: "v2" }),
    );
    expect(await one.raise("default", "m", found([], { kind: "calibration" }))).not.toBeNull();
    expect(await one.raise("default", "m", found([], { kind: "calibration" }))).toBeNull();
    expect((await one.of("default", "m")).map(({ kind }) => kind)).toEqual(["calibration", "features"]);
    expect(await one.of("default", "other")).toEqual([]);
  });
});
