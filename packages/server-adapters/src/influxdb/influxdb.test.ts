import { seriesConformance } from "@attune/core/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { INFLUXD, type InfluxServer, influxServer } from "../../test/influxdb.ts";
import { influxSeries } from "./index.js";

describe.skipIf(INFLUXD.path === null)(`InfluxDB ${INFLUXD.reason ?? ""}`, () => {
  let server: InfluxServer;
  let count = 0;
  beforeAll(async () => {
    server = await influxServer();
  });
  afterAll(() => server.stop());

  const open = async () => influxSeries({ url: server.url, database: `conformance-${count}` });
  seriesConformance(
    { describe, it },
    {
      name: "InfluxDB 1.6",
      async make() {
        count++;
        await server.admin(`CREATE DATABASE "conformance-${count}"`);
        return open();
      },
      reopen: open,
      dispose: () => server.admin(`DROP DATABASE "conformance-${count}"`),
      capabilities: { durable: true },
    },
  );
});
