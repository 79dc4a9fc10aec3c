import type { ModelReference, Scorer } from "@attune/core";
import { describe, expect, it } from "vitest";
import type { Counted, Scored } from "./evidence-counter.js";
import { createScorerSource } from "./scorer-source.js";

const MODEL: ModelReference & { name: string } = {
  ...{ name: "m", version: "v1", url: "m.onnx", integrity: "sha256-" },
  ...{ inputs: ["a"], featuresVersion: null, outputs: ["m"], purposes: [] },
};

function start(load: () => Promise<Scorer>) {
  const counted: [Counted, Scored][] = [];
  const source = createScorerSource({
    ...{ bytes: async () => new Uint8Array([1]), load, now: () => 1000, report: () => undefined },
    count: (of, scored) => counted.push([of, scored]),
  });
  return { source, counted };
}

describe("scorers that are loaded as they are asked for", () => {
  it("are counted, but for visitors who take no part in a trial", async () => {
    const { source, counted } = start(async () => ({ ...MODEL, score: () => Float64Array.of(0.5) }));
    expect(source.scorer("default", MODEL, MODEL)).toBeNull();
    await source.ready("default", MODEL, MODEL);
    const row = Float64Array.of(3);
    expect(await source.scorer("default", MODEL, MODEL, false)?.score(row)).toEqual(Float64Array.of(0.5));
    expect(counted).toEqual([]);
    await source.scorer("default", MODEL, MODEL)?.score(row);
    expect(counted).toMatchObject([
      [
        { site: "default", name: "m", version: "v1" },
        { rows: 1, errors: 0 },
      ],
    ]);
    expect(source.live("default", "m")?.seen()).toBe(2);
  });

  it("fail for those alone who take part, where they cannot be loaded", async () => {
    const { source, counted } = start(() => Promise.reject(new Error("no model")));
    source.scorer("default", MODEL, MODEL);
    await source.ready("default", MODEL, MODEL);
    expect(source.scorer("default", MODEL, MODEL, false)).toBeNull();
    expect(counted).toEqual([]);
    expect(source.scorer("default", MODEL, MODEL)).toBeNull();
    expect(counted).toMatchObject([[{ version: "v1" }, { rows: 1, errors: 1 }]]);
  });
});
