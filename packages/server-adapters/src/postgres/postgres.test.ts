import { storeConformance } from "@attune/core/testing";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type PostgresForTests, postgresProgram, startPostgres } from "../../test/postgres.js";
import { postgresStore, postgresTable } from "./index.js";

const program = postgresProgram();

describe.skipIf(program.path === null)(
  `PostgreSQL${program.reason ? ` (left out: ${program.reason})` : ""}`,
  () => {
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
  },
);
