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
  const reports: unknown[] = [];
  let now = 1000;
  const source = createScorerSource({
    ...{ bytes: async () => new Uint8Array([1]), load, now: () => now },
    report: (error) => reports.push(error),
    count: (of, scored) => counted.push([of, scored]),
    countKeys: () => undefined,
  });
  return { source, counted, reports, later: (ms: number) => (now += ms) };
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

  it("are all closed, whichever of them fails at it, and it is told", async () => {
    const closed: string[] = [];
    let made = 0;
    const { source, reports, later } = start(async () => {
      const which = `${(made += 1)}`;
      return {
        ...{ ...MODEL, score: () => Float64Array.of(0.5) },
        close() {
          closed.push(which);
          throw new Error(`does not close ${which}`);
        },
      };
    });
    for (const version of ["v1", "v2", "v3"]) await source.ready("default", MODEL, { ...MODEL, version });
    later(600_000);
    source.scorer("default", MODEL, { ...MODEL, version: "v3" });
    source.prune();
    expect(closed).toEqual(["1", "2"]);
    source.close();
    expect(closed).toEqual(["1", "2", "3"]);
    expect(reports).toHaveLength(3);
  });
});
