import type { PostgresConfig } from "@attune/core/wire";
import { postgresPool } from "../ports/clients.js";
import { judgeClock } from "./clock.js";
import { error, type Finding, warning } from "./finding.js";

export interface PostgresFacts {
  fsync: string;
  synchronous_commit: string;
  full_page_writes: string;
  is_replica: boolean;
  version: number;
  /** With the columns that the store works on. */
  has_table: boolean;
  /** What this role may not do with it. */
  denied: string[];
}

/** Of `server_version_num`. */
const OLDEST = 130_000;
const COLUMNS = ["kind", "partition", "sort", "version", "expires_at", "value"];

export function judgePostgres(facts: PostgresFacts, table: string): Finding[] {
  const findings: Finding[] = [];
  if (facts.fsync === "off")
    findings.push(
      error(
        "ATTUNE_DOCTOR_POSTGRES_FSYNC",
        "`fsync` is off: a power cut can leave the whole database broken. Set `fsync = on`.",
      ),
    );
  if (facts.full_page_writes === "off")
    findings.push(
      error(
        "ATTUNE_DOCTOR_POSTGRES_PAGES",
        "`full_page_writes` is off: a power cut can leave torn pages. Set it on.",
      ),
    );
  if (facts.synchronous_commit === "off")
    findings.push(
      error(
        "ATTUNE_DOCTOR_POSTGRES_COMMIT",
        "`synchronous_commit` is off: what was acknowledged last is lost in a crash. Set it on, for this role at least.",
      ),
    );
  if (facts.is_replica)
    findings.push(
      error(
        "ATTUNE_DOCTOR_POSTGRES_REPLICA",
        "This server is a replica and takes no writes. Name the primary.",
      ),
    );
  if (facts.version < OLDEST)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_POSTGRES_OLD",
        "This PostgreSQL is older than 13 and gets no more fixes. Update it.",
      ),
    );
  if (!facts.has_table)
    findings.push(
      error(
        "ATTUNE_DOCTOR_POSTGRES_TABLE",
        `There is no table ${table}, or it is another one. Run the SQL that \`postgresTable\` of @attune/server-adapters/postgres gives, in this database.`,
      ),
    );
  else if (facts.denied.length > 0)
    findings.push(
      error(
        "ATTUNE_DOCTOR_POSTGRES_GRANT",
        `This role may not ${facts.denied.join(", ")} on the table ${table}. Grant it SELECT, INSERT, UPDATE and DELETE.`,
      ),
    );
  return findings;
}

export async function lookAtPostgres(config: PostgresConfig): Promise<Finding[]> {
  const { table = "attune_records" } = config;
  const pool = await postgresPool(config, () => undefined);
  try {
    const found = await pool.query<PostgresFacts>(
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
        current_setting('full_page_writes') AS full_page_writes, pg_is_in_recovery() AS is_replica,
        current_setting('server_version_num')::int AS version, (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = ANY($2::name[]) AND NOT attisdropped)
          = cardinality($2::name[]) AS has_table,
        ARRAY(SELECT need FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS need
          WHERE NOT has_table_privilege(to_regclass($1)::oid, need)) AS denied`,
      [table, COLUMNS],
    );
    const asked = Date.now();
    const time = await pool.query<{ now: number }>(
      "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now",
    );
    const answered = Date.now();
    const [facts] = found.rows;
    return [
      ...(facts === undefined ? [] : judgePostgres(facts, table)),
      ...judgeClock({ server: time.rows[0]?.now ?? asked, within: 1, asked, answered }),
    ];
  } finally {
    await pool.end();
  }
}
