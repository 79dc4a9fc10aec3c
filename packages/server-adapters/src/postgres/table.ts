import { AttuneError } from "@attune/core";

/** Of the layout of the table. */
export const LAYOUT = 1;

/** What a row is. Tokens of `once` and the table's own layout live beside the records, where no scan looks. */
export const KIND = { record: 0, token: 1, layout: 2 } as const;

export const DEFAULT_TABLE = "attune_records";

/**
 * The table's name as it stands in SQL: names have no placeholders, so only plain ones are let through.
 *
 * @throws AttuneError `ATTUNE_POSTGRES_NAME`
 */
export function quoted(table: string): string {
  if (/^[a-z_][a-z0-9_]{0,47}(\.[a-z_][a-z0-9_]{0,47})?$/.test(table))
    return `"${table.replace(".", '"."')}"`;
  throw new AttuneError(
    "ATTUNE_POSTGRES_NAME",
    "The name of the table may have lower-case letters, digits and underscores, at most 48, and a schema's name with a dot before it.",
  );
}

/**
 * SQL that makes the table which `postgresStore` works on, for the host's migrations. Running it again changes nothing.
 *
 * @param table Its name (default `attune_records`), with a schema or without.
 */
export function postgresTable(table = DEFAULT_TABLE): string {
  const name = quoted(table);
  const index = `"${table.replace(/^.*\./, "")}_expiry"`;
  return `CREATE TABLE IF NOT EXISTS ${name} (
  kind smallint NOT NULL,
  partition bytea NOT NULL,
  sort bytea NOT NULL,
  version bigint NOT NULL,
  expires_at double precision,
  value text NOT NULL,
  PRIMARY KEY (kind, partition, sort)
);
CREATE INDEX IF NOT EXISTS ${index} ON ${name} (expires_at) WHERE expires_at IS NOT NULL;
INSERT INTO ${name} (kind, partition, sort, version, value) VALUES (${KIND.layout}, '', '', ${LAYOUT}, '')
ON CONFLICT (kind, partition, sort) DO NOTHING;
`;
}
