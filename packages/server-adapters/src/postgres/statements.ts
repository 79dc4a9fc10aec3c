import { KIND, quoted } from "./table.js";

export type Statements = ReturnType<typeof statements>;

/**
 * Every statement of the store. What varies is a parameter, always; only the table's name, which was checked, is part of the text.
 * Numbers are read as `float8`, since the driver hands out a `bigint` as a string.
 */
export function statements(name: string) {
  const table = quoted(name);
  const at = `kind = ${KIND.record} AND partition = $1 AND sort = $2`;
  const living = (now: string): string => `(expires_at IS NULL OR expires_at > ${now})`;
  const columns = "version::float8 AS version, expires_at, value";
  const insert = `INSERT INTO ${table} AS r (kind, partition, sort, version, expires_at, value)
    VALUES (${KIND.record}, $1, $2, 1, $3, $4)
    ON CONFLICT (kind, partition, sort) DO UPDATE SET expires_at = excluded.expires_at, value = excluded.value`;
  const scan = `SELECT sort, ${columns} FROM ${table}
    WHERE kind = ${KIND.record} AND partition = $1 AND sort >= $2 AND sort < $3 AND ${living("$4")} ORDER BY sort`;
  const firstPartition = (from: string): string => `SELECT partition FROM ${table}
    WHERE kind = ${KIND.record} AND ${from} AND partition < $2 AND ${living("$3")} ORDER BY partition LIMIT 1`;
  return {
    table,
    layout: `SELECT version::float8 AS version FROM ${table} WHERE kind = ${KIND.layout}`,
    get: `SELECT ${columns} FROM ${table} WHERE ${at} AND ${living("$3")}`,
    /** $1 partitions, $2 sort keys, $3 now. */
    getMany: `SELECT asked.place::float8 AS place, ${columns}
      FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS asked (partition, sort, place)
      JOIN ${table} AS r ON r.kind = ${KIND.record} AND r.partition = asked.partition AND r.sort = asked.sort
      WHERE ${living("$3")}`,
    /** $3 expiry, $4 value, $5 now: over anything. */
    put: `${insert}, version = CASE WHEN r.expires_at <= $5 THEN 1 ELSE r.version + 1 END
      RETURNING version::float8 AS version`,
    /** $3 expiry, $4 value, $5 now: over nothing, or over what has expired. */
    create: `${insert}, version = 1 WHERE r.expires_at <= $5 RETURNING version::float8 AS version`,
    /** $3 expiry, $4 value, $5 now, $6 version: over this version, living. */
    replace: `UPDATE ${table} SET version = version + 1, expires_at = $3, value = $4
      WHERE ${at} AND version = $6::float8 AND ${living("$5")} RETURNING version::float8 AS version`,
    remove: `DELETE FROM ${table} WHERE ${at} RETURNING ${living("$3")} AS living`,
    /** $2 from, $3 to, $4 now, $5 limit. */
    scan: `${scan} LIMIT $5`,
    scanBack: `${scan} DESC LIMIT $5`,
    /** $2 now. Takes the tokens along. */
    removePartition: `WITH gone AS (
        DELETE FROM ${table} WHERE kind IN (${KIND.record}, ${KIND.token}) AND partition = $1
        RETURNING kind = ${KIND.record} AND ${living("$2")} AS counts)
      SELECT (count(*) FILTER (WHERE counts))::float8 AS count FROM gone`,
    /** Leaps from partition to partition, one step into the index each, however many records they have. $1 from, $2 to, $3 now, $4 limit. */
    partitions: `WITH RECURSIVE names AS (
        (${firstPartition("partition >= $1")})
        UNION ALL
        SELECT (${firstPartition("partition > names.partition")}) FROM names WHERE names.partition IS NOT NULL)
      SELECT partition FROM names WHERE partition IS NOT NULL LIMIT $4`,
    /** $1 now, $2 at most. What another has locked is being written anew, or swept by somebody else. */
    sweep: `WITH dead AS MATERIALIZED (
        SELECT ctid FROM ${table} WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
      DELETE FROM ${table} AS r USING dead WHERE r.ctid = dead.ctid RETURNING kind = ${KIND.record} AS counts`,
    /** Commits of one partition one after the other: rows that are not there yet cannot be locked. */
    lock: "SELECT pg_advisory_xact_lock($1::bigint)",
    /** What a commit looks at, locked: $2 sort keys, $3 token. */
    look: `SELECT kind, sort, version::float8 AS version, expires_at FROM ${table}
      WHERE partition = $1 AND ((kind = ${KIND.record} AND sort = ANY($2::bytea[])) OR (kind = ${KIND.token} AND sort = $3))
      ORDER BY kind, sort FOR UPDATE`,
    /**
     * Everything a commit writes: $2–$7 rows by columns (`seen`: it was there when the commit looked), $8 sort keys to remove. Counts what
     * was written: a row too few means that somebody has put one where the commit saw none.
     */
    write: `WITH given AS (
        SELECT * FROM unnest($2::smallint[], $3::bytea[], $4::float8[], $5::float8[], $6::text[], $7::boolean[])
          AS g (kind, sort, version, expires_at, value, seen)),
      updated AS (
        UPDATE ${table} AS r SET version = g.version, expires_at = g.expires_at, value = g.value FROM given AS g
        WHERE r.kind = g.kind AND r.partition = $1 AND r.sort = g.sort AND g.seen RETURNING 1),
      inserted AS (
        INSERT INTO ${table} (kind, partition, sort, version, expires_at, value)
        SELECT kind, $1, sort, version, expires_at, value FROM given WHERE NOT seen
        ON CONFLICT (kind, partition, sort) DO NOTHING RETURNING 1),
      removed AS (
        DELETE FROM ${table} WHERE kind = ${KIND.record} AND partition = $1 AND sort = ANY($8::bytea[]) RETURNING 1)
      SELECT ((SELECT count(*) FROM updated) + (SELECT count(*) FROM inserted))::float8 AS count`,
  };
}
