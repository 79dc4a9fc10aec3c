import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, it } from "vitest";
import {
  expectAgreement,
  liveThrough,
  rollupHistory,
  type RollupPorts,
} from "../../../core/test/rollup-history.js";
import { createFakeClock } from "@attune/core/testing";
import { lmdbLog, lmdbSeries, lmdbStore } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Math.min(200, Number(process.env.ATTUNE_HISTORIES ?? 10));

describe("rollups on LMDB: store, log and series", () => {
  it("T9 are the counters, after any history of repetitions, crashes, late folds and writes that failed or were not answered", async () => {
    await fc.assert(
      fc.asyncProperty(rollupHistory, async (steps) => {
        const path = await mkdtemp(join(tmpdir(), "attune-rollups-"));
        const clock = createFakeClock();
        const ports: RollupPorts = {
          clock,
          hot: lmdbStore({ path, clock }),
          log: lmdbLog({ path, clock, shards: 2 }),
        };
        const series = lmdbSeries({ path });
        try {
          await expectAgreement(await liveThrough(ports, series, steps));
        } finally {
          await Promise.all([ports.hot.close(), ports.log.close(), series.close()]);
          await rm(path, { recursive: true });
        }
      }),
      { numRuns: HISTORIES },
    );
  }, 120_000);
});
