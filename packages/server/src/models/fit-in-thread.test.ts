import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@attune/core";
import { trainOnTable, type TrainingTable } from "@attune/ml/table";
import { describe, expect, it } from "vitest";
import { fitInThread } from "./fit-in-thread.js";

const built = existsSync(fileURLToPath(new URL("../../../ml/dist/table/index.js", import.meta.url)));
if (!built) console.warn("left out: learning in a thread, since @attune/ml is not built");

const OPTIONS = { name: "m", label: { kind: "depth", depth: 0.5 } } as const;

function table(count: number): TrainingTable {
  const random = seededRandom(count);
  const rows = Float64Array.from({ length: 3 * count }, random);
  const labels = Uint8Array.from({ length: count }, (_, i) =>
    Number(random() < 0.1 + 0.8 * (rows[3 * i] as number)),
  );
  return {
    ...{ inputs: ["a", "b", "c"], featuresVersion: "1", rows, labels },
    ...{ groups: Int32Array.from({ length: count }, (_, i) => i), times: new Float64Array(count).fill(5) },
    slices: { device: new Array<null>(count).fill(null), region: new Array<null>(count).fill(null) },
    ...{ leftOut: { censored: 0, settled: 0, early: 0 }, visitors: count },
  };
}

describe.skipIf(!built)("learning in a thread", () => {
  it("comes to what it comes to in this one, which goes on meanwhile", async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    const found = await fitInThread(table(400), OPTIONS);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    expect(found).toEqual(trainOnTable(table(400), OPTIONS));
  });

  it("fails as in this one, and ends where it is told to", async () => {
    await expect(fitInThread(table(10), OPTIONS)).rejects.toMatchObject({
      ...{ code: "ATTUNE_ML_TOO_FEW_ROWS", path: "/table" },
    });
    const ending = new AbortController();
    const running = fitInThread(table(5000), OPTIONS, ending.signal);
    ending.abort();
    await expect(running).rejects.toMatchObject({ code: "ATTUNE_SERVER_TRAINING_ENDED" });
  });
});
