import { AttuneError } from "@attune/core";
import type { Connection } from "./connection.js";

export interface Facts {
  /** What they belong to, for the message: "store" or "log". */
  room: "store" | "log";
  /** A hash with a slot of its own. */
  key: string;
  schema: number;
  /** Fixed when a log is made. */
  shards?: number;
}

/**
 * Writes down with what layout the data are made, or checks it against what is written there. Done once, before the first command.
 *
 * @throws As {@link check} does.
 */
export async function settle(connection: Connection, facts: Facts): Promise<void> {
  const { key, schema, shards } = facts;
  for (const [field, value] of Object.entries({ schema, shards }))
    if (value !== undefined) await connection.call("hsetnx", [key, field, value], { repeatable: true });
  await check(connection, facts);
}

/**
 * Checks what is written there, if anything is: who only reads makes nothing.
 *
 * @throws AttuneError `ATTUNE_STORE_SCHEMA` or `ATTUNE_LOG_SCHEMA` where a newer version wrote the data, `ATTUNE_LOG_SHARDS` where the
 * log was made with another number of shards.
 */
export async function check(connection: Connection, { room, key, schema, shards }: Facts): Promise<void> {
  const written = async (field: string): Promise<number | null> => {
    const text = await connection.call("hget", [key, field], { repeatable: true });
    return text === null ? null : Number(text);
  };
  const found = (await written("schema")) ?? schema;
  if (found > schema) {
    throw new AttuneError(
      room === "store" ? "ATTUNE_STORE_SCHEMA" : "ATTUNE_LOG_SCHEMA",
      `The ${room} was written by a newer version (layout ${found}, this code knows ${schema}). Update @attune/server-adapters.`,
    );
  }
  if (shards === undefined) return;
  const made = (await written("shards")) ?? shards;
  if (made !== shards) {
    throw new AttuneError(
      "ATTUNE_LOG_SHARDS",
      `The log was made with ${made} shards, not ${shards}. Give \`shards: ${made}\`, or make a new log under another name and copy the entries.`,
    );
  }
}

/** Runs an action once; every caller waits for the same run. A run that failed is forgotten, so that the next caller tries anew. */
export function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= action().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
