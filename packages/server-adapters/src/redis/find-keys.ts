import type { Connection } from "./connection.js";

/** How many keys a node looks at in one step. */
const STEP = 1000;

/**
 * Every key that fits a glob, node by node; a key may come twice. Each step is short, yet the whole looks at every key of the database:
 * for sweeps and proofs. A slot that moves to another node meanwhile may be missed.
 */
export async function* findKeys(connection: Connection, pattern: string): AsyncGenerator<string[]> {
  for (const node of await connection.primaries()) {
    let cursor = "0";
    do {
      const args = [cursor, "MATCH", pattern, "COUNT", STEP];
      const [next, keys] = (await connection.call("scan", args, { node: () => node, repeatable: true })) as [
        string,
        string[],
      ];
      cursor = next;
      if (keys.length > 0) yield keys;
    } while (cursor !== "0");
  }
}
