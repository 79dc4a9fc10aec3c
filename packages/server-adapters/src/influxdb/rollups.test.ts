import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import {
  expectAgreement,
  liveThrough,
  rollupHistory,
  rollupPorts,
} from "../../../core/test/rollup-history.js";
import { INFLUXD, type InfluxServer, influxServer } from "../../test/influxdb.ts";
import { influxSeries } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Math.min(200, Number(process.env.ATTUNE_HISTORIES ?? 10));

describe.skipIf(INFLUXD.path === null)(`rollups in InfluxDB ${INFLUXD.reason ?? ""}`, () => {
  let server: InfluxServer;
  let count = 0;
  beforeAll(async () => {
    server = await influxServer();
  });
  afterAll(() => server.stop());

  it("T9 are the counters, after any history of repetitions, crashes, late folds and writes that failed or were not answered", async () => {
    await fc.assert(
      fc.asyncProperty(rollupHistory, async (steps) => {
        const database = `rollups-${++count}`;
        await server.admin(`CREATE DATABASE "${database}"`);
        const series = influxSeries({ url: server.url, database });
        await expectAgreement(await liveThrough(rollupPorts(), series, steps));
        await series.close();
        await server.admin(`DROP DATABASE "${database}"`);
      }),
      { numRuns: HISTORIES },
    );
  }, 120_000);
});
