import type { Clock } from "@attune/core";
import type { DeadLetter, Log, StoreOp } from "@attune/core/ports";
import type { Connection } from "./connection.js";
import type { PartitionKeys } from "./keys.js";
import { redisPartitions } from "./partitions.js";

/** How many letters one script call writes or removes. */
const STEP = 200;

/** Dead letters are the records of one partition under their ids: these are time-ordered (UUIDv7), so order is oldest first. */
export function redisDeadLetters(
  connection: Connection,
  keys: PartitionKeys,
  clock: Clock,
): Log["deadLetters"] {
  const letters = redisPartitions(connection, { of: () => keys }, clock);
  const inSteps = async (ops: readonly StoreOp[], repeatable: boolean): Promise<number> => {
    let removed = 0;
    for (let i = 0; i < ops.length; i += STEP) {
      const outcome = await letters.commit("", ops.slice(i, i + STEP), { repeatable });
      if (outcome.status === "committed") removed += outcome.removed;
    }
    return removed;
  };
  return {
    async put(items) {
      await inSteps(
        items.map((value) => ({ op: "put", sort: value.id, value })),
        true,
      );
    },
    async read(after, limit) {
      const from = after === null ? "" : `${after}\0`;
      const found: DeadLetter[] = [];
      for await (const { value } of letters.scan<DeadLetter>("", { from, limit })) found.push(value);
      return found;
    },
    // Not repeated where the answer was lost: the count would be wrong.
    remove: (ids) =>
      inSteps(
        ids.map((sort) => ({ op: "delete", sort })),
        false,
      ),
  };
}
