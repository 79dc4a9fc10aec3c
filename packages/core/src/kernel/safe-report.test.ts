import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createPersonalizationService } from "../service/index.js";
import { memoryStore } from "../memory/index.js";
import { safeReport } from "./safe-report.js";

/** What the process was told that nobody handles, while the work was done. */
async function unhandledIn(work: () => unknown): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  await work();
  // They are told of when the microtasks are done.
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", note);
  return unhandled;
}

describe("a report that fails", () => {
  for (const [how, fail] of [
    [
      "throws",
      (): unknown => {
        throw new Error("no report");
      },
    ],
    ["rejects", (): unknown => Promise.reject(new Error("no report"))],
    ["rejects in another realm", (): unknown => runInNewContext("Promise.reject(new Error('no report'))")],
  ] as const) {
    it(`is nobody else's failure: ${how}`, async () => {
      const told: unknown[] = [];
      const host = {
        mark: "the host",
        report(error: unknown) {
          told.push([this.mark, error]);
          return fail();
        },
      };
      expect(await unhandledIn(() => safeReport(host)("lost"))).toEqual([]);
      expect(told).toEqual([["the host", "lost"]]);
    });

    it(`does not keep a service from answering: ${how}`, async () => {
      const hot = memoryStore();
      let told = 0;
      const service = createPersonalizationService({
        stores: {
          hot: {
            ...hot,
            get: () => Promise.reject(new Error("away")),
            getMany: () => Promise.reject(new Error("away")),
          },
        },
        report: () => {
          told += 1;
          return fail();
        },
      });
      const work = () => service.decide({ id: "v", consent: null }, ["hero"]);
      expect(await unhandledIn(work)).toEqual([]);
      expect(told).toBeGreaterThan(0);
      await service.close();
    });
  }
});
