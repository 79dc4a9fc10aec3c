import type { Pool, PoolClient } from "pg";
import { AttuneError, isAttuneError } from "@attune/core";

/** Times that work is done again because another transaction was in its way. */
const TRIES = 20;

/** serialization_failure, deadlock_detected: PostgreSQL asks to try again. */
const AGAIN = new Set(["40001", "40P01"]);

/** Thrown inside a transaction to have it done again from its beginning. */
export class Again extends Error {}

export interface Connection {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** One transaction, read committed: each statement sees what was committed before it began. */
  transaction<T>(action: (query: Connection["query"]) => Promise<T>): Promise<T>;
}

export function connect(pool: Pool): Connection {
  const query = async <Row>(text: string, values: readonly unknown[]): Promise<Row[]> =>
    (await pool.query(text, [...values])).rows as Row[];
  return {
    query: (text, values) => patiently(() => query(text, values)),
    transaction: (action) =>
      patiently(async () => {
        const client = await pool.connect();
        return inTransaction(client, action);
      }),
  };
}

async function inTransaction<T>(
  client: PoolClient,
  action: (query: Connection["query"]) => Promise<T>,
): Promise<T> {
  // A connection that breaks between two statements says so by an event, which would end the process if nobody listened.
  let broken: Error | undefined;
  const onError = (error: Error): void => void (broken = error);
  client.on("error", onError);
  try {
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    const result = await action(
      async <Row>(text: string, values: readonly unknown[]) =>
        (await client.query(text, [...values])).rows as Row[],
    );
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((failure: Error) => (broken ??= failure));
    throw error;
  } finally {
    client.removeListener("error", onError);
    // What cannot be rolled back must not go back into the pool.
    client.release(broken);
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof Again || AGAIN.has(codeOf(error));
      if (!again || tries >= TRIES) throw toAttuneError(error);
    }
  }
}

/** Five characters, the first of them never an E: that is Node's (EPIPE). */
const SQLSTATE = /^[0-9A-DF-Z][0-9A-Z]{4}$/;

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? "";

/** PostgreSQL repeats in these fields of an error what stands in a row, which is personal data. */
const REPEATING = ["detail", "where"] as const;

function toAttuneError(error: unknown): AttuneError {
  if (isAttuneError(error)) return error;
  const code = codeOf(error);
  for (const field of REPEATING) delete (error as Record<string, unknown>)[field];
  const cause = { cause: error };
  if (error instanceof Again || AGAIN.has(code)) {
    return new AttuneError(
      "ATTUNE_POSTGRES_BUSY",
      "Other transactions were in the way each time. Nothing was written; try again, or write to the partition from fewer places.",
      cause,
    );
  }
  // undefined_table, undefined_column, invalid_schema_name
  if (code === "42P01" || code === "42703" || code === "3F000") {
    return new AttuneError(
      "ATTUNE_POSTGRES_TABLE",
      "The store's table is not there or is another one. Run the SQL that postgresTable gives, in the database of this pool.",
      cause,
    );
  }
  // Node's codes are words; classes 08 (connection), 57 (shut down) and 53 (out of resources) are the server's.
  if (!SQLSTATE.test(code) || /^(08|57|53)/.test(code)) {
    return new AttuneError(
      "ATTUNE_POSTGRES_UNAVAILABLE",
      "PostgreSQL cannot be reached, or the connection broke. What was under way may have been written: read, or commit again with the same token.",
      cause,
    );
  }
  return new AttuneError(
    "ATTUNE_POSTGRES_REFUSED",
    `PostgreSQL refused a statement (SQLSTATE ${code}). The cause says why; often a privilege on the table is missing.`,
    cause,
  );
}
