import { createHash } from "node:crypto";
import { isAttuneError } from "@attune/core";
import type { Argument, CallOptions, Connection } from "./connection.js";

/** A Lua script. Its file is named by how many keys it takes. */
export interface Script {
  keys: number;
  lua: string;
  /** What Redis calls it. */
  sha: string;
}

// @__NO_SIDE_EFFECTS__
export const script = (keys: number, lua: string): Script => {
  return { keys, lua, sha: createHash("sha1").update(lua).digest("hex") };
};

/**
 * Runs a script by its name. A server that does not know it (new, restarted, failed over to, SCRIPT FLUSH) is sent the whole of it,
 * which it then keeps: nothing was carried out before, so this is safe for every script.
 */
export async function runScript(
  connection: Connection,
  { keys: count, sha, lua }: Script,
  keys: readonly Argument[],
  args: readonly Argument[],
  options?: CallOptions,
): Promise<unknown> {
  try {
    return await connection.call("evalsha", [sha, count, ...keys, ...args], options);
  } catch (error) {
    if (!isAttuneError(error) || error.code !== "ATTUNE_REDIS_NOSCRIPT") throw error;
    return connection.call("eval", [lua, count, ...keys, ...args], options);
  }
}
