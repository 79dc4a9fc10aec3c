import { memoryLog } from "@attune/core/memory";
import { crashHistories, storeConformance, storeHistories } from "@attune/core/testing";
import type { Pool } from "pg";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type PostgresForTests, postgresProgram, startPostgres } from "../../test/postgres.js";
import { postgresStore, postgresTable } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 40);

const program = postgresProgram();
const title = `PostgreSQL${program.reason === null ? "" : ` (left out: ${program.reason})`}`;

describe.skipIf(program.path === null)(title, () => {
  let server: PostgresForTests;
  let pool: Pool;
  let table = "";
  let tables = 0;
  beforeAll(async () => {
    server = await startPostgres(program.path ?? "");
    pool = server.pool();
  }, 60_000);
  afterAll(() => server.stop());

  storeConformance(
    { describe, it },
    {
      name: "PostgreSQL",
      make: async ({ clock }) => {
        table = `records_${++tables}`;
        await pool.query(postgresTable(table));
        return postgresStore({ pool, table, clock });
      },
      reopen: async ({ clock }) => {
        await pool.end();
        await server.crash();
        pool = server.pool();
        return postgresStore({ pool, table, clock });
      },
      capabilities: { atomic: true, durable: true },
    },
  );

  storeHistories({ describe, it }, fc, {
    name: "PostgreSQL",
    make: async ({ clock }) => {
      table = `records_${++tables}`;
      await pool.query(postgresTable(table));
      return postgresStore({ pool, table, clock });
    },
    // A history opens again often: here it is the store that is new, above it is the server.
    reopen: async ({ clock }) => postgresStore({ pool, table, clock }),
    dispose: async () => void (await pool.query(`DROP TABLE "${table}"`)),
    capabilities: { atomic: true, durable: true },
    runs: HISTORIES,
  });

  crashHistories({ describe, it }, fc, {
    name: "PostgreSQL store, memory log",
    make: async () => {
      table = `records_${++tables}`;
      await pool.query(postgresTable(table));
      return { hot: postgresStore({ pool, table }), log: memoryLog({ shards: 2 }) };
    },
    dispose: async () => void (await pool.query(`DROP TABLE "${table}"`)),
    runs: Math.ceil(HISTORIES / 2),
  });
});
