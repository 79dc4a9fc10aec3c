import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { createFaultProxy } from "@attune/core/testing";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it, vi } from "vitest";
import { postgresProgram, startPostgres } from "../../../../server-adapters/test/postgres.js";
import { dynamoClient, postgresPool } from "./clients.js";

const POSTGRES = postgresProgram();

describe("clients of systems that take connections and answer nothing any more", () => {
  it.skipIf(POSTGRES.path === null)(
    "PostgreSQL is given up, and used again when it speaks",
    async () => {
      const server = await startPostgres(POSTGRES.path ?? "");
      const proxy = await createFaultProxy({ net, target: { host: "127.0.0.1", port: server.port } });
      const url = `postgres://attune@127.0.0.1:${proxy.port}/postgres`;
      const pool = await postgresPool({ kind: "postgres", url }, () => undefined);
      try {
        await pool.query("SELECT 1");
        await proxy.set({ type: "black-hole" });
        vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
        let said = "";
        void pool.query("SELECT 2").catch((error: Error) => (said = error.message));
        for (let s = 0; s < 20 && said === ""; s++) {
          await new Promise((resolve) => setImmediate(resolve));
          await vi.advanceTimersByTimeAsync(1000);
        }
        vi.useRealTimers();
        expect(said).toMatch(/timeout/);
        await proxy.clear();
        expect((await pool.query("SELECT 3 AS n")).rows).toEqual([{ n: 3 }]);
      } finally {
        vi.useRealTimers();
        await pool.end();
        await proxy.close();
        await server.stop();
      }
    },
    60_000,
  );

  it("DynamoDB is asked once by the client, since the store asks again by itself", async () => {
    let requests = 0;
    const mute = http.createServer(() => void requests++);
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
    const endpoint = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const client = await dynamoClient({ kind: "dynamodb", table: "t", region: "eu-test-1", endpoint });
    try {
      const get = new GetItemCommand({ TableName: "t", Key: { p: { S: "a" } } });
      await expect(client.send(get)).rejects.toMatchObject({ name: "TimeoutError" });
      expect(requests).toBe(1);
    } finally {
      vi.unstubAllEnvs();
      client.destroy();
      mute.closeAllConnections();
      mute.close();
    }
  }, 30_000);
});
