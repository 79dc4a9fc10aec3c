import { createHash } from "node:crypto";
import type { LogEntry, LogRecord } from "@attune/core/ports";
import type { Connection } from "./connection.js";
import { type LogKeys, member } from "./keys.js";
import { APPEND } from "./lua/append-2.lua.js";
import { LAG } from "./lua/lag-3.lua.js";
import { READ } from "./lua/read-2.lua.js";
import { REWRITE } from "./lua/rewrite-3.lua.js";
import { TRIM } from "./lua/trim-4.lua.js";
import { mayHold, pack, type Pack, repack, unpack } from "./pack.js";
import { runScript } from "./scripts.js";

/** How many packs one step of an erasure, a trim or a count looks at, so that Redis is held up by none of them. */
const STEP = 500;
/** Bytes that one read takes from Redis before it asks again. */
const READ_BYTES = 1024 * 1024;
/** Characters that one call appends. */
const APPEND_CHARACTERS = 1024 * 1024;

/** The shards of a log, each by its number. */
export interface Shards {
  /** Packs the entries, which may be refused; what it gives back writes them. */
  prepare(shard: number, entries: readonly LogEntry[]): (appendedAt: number) => Promise<void>;
  read(shard: number, after: number, limit: number): Promise<LogRecord[]>;
  committed(group: string, shard: number): Promise<number>;
  lag(group: string, shard: number): Promise<number>;
  /** Removes every record of a key; how many. */
  erase(shard: number, key: string): Promise<number>;
  /** Drops what is older and what every known group has committed; how many. */
  trim(shard: number, before: number): Promise<number>;
}

export function redisShards(connection: Connection, keys: LogKeys): Shards {
  const repeatable = { repeatable: true };

  const committed = async (group: string, shard: number): Promise<number> => {
    const args = [keys.shard(shard).committed, member(group)];
    return Number((await connection.call("hget", args, repeatable)) ?? 0);
  };
  const packOf = async (shard: number, id: string): Promise<string | null> => {
    const args = [keys.shard(shard).packs, id.slice(0, id.indexOf("-"))];
    return (await connection.call("hget", args, repeatable)) as string | null;
  };
  /** Takes records out of one pack; how many. */
  const thin = async (shard: number, id: string, unwanted: Matcher): Promise<number> => {
    const { index, packs, rewritten } = keys.shard(shard);
    for (;;) {
      const text = await packOf(shard, id);
      if (text === null) return 0;
      const records = unpack({ shard, id, appendedAt: 0, text });
      const left = records.filter((record) => !unwanted(record));
      if (left.length === records.length) return 0;
      const sha = createHash("sha1").update(text).digest("hex");
      const args = [id, sha, left.length, left.length === 0 ? "" : repack(id, left)];
      if ((await runScript(connection, REWRITE, [index, packs, rewritten], args)) === 1)
        return records.length - left.length;
    }
  };

  return {
    prepare(shard, entries) {
      const { index, packs } = keys.shard(shard);
      const calls = inCalls(pack(entries));
      return async (appendedAt) => {
        for (const call of calls) {
          const args = call.flatMap(({ count, hashes, text }) => [count, hashes, text]);
          await runScript(connection, APPEND, [index, packs], [appendedAt, ...args]);
        }
      };
    },
    async read(shard, after, limit) {
      const { index, packs } = keys.shard(shard);
      const found: LogRecord[] = [];
      if (!Number.isFinite(after)) return found;
      for (let from = after; found.length < limit; ) {
        const args = [from, limit - found.length, READ_BYTES];
        const reply = await runScript(connection, READ, [index, packs], args, repeatable);
        const [more, reached, ...rows] = reply as string[];
        for (let i = 0; i < rows.length; i += 3) {
          const [id = "", at, text = ""] = rows.slice(i, i + 3);
          for (const record of unpack({ shard, id, appendedAt: Number(at), text })) {
            if (record.position > from && found.length < limit) found.push(record);
          }
        }
        if (more !== "1") break;
        from = Number(reached);
      }
      return found;
    },
    committed,
    async lag(group, shard) {
      const { index, packs, rewritten } = keys.shard(shard);
      let count = 0;
      for (let after: number | null = await committed(group, shard); after !== null; ) {
        const reply = await runScript(connection, LAG, [index, packs, rewritten], [after, STEP], repeatable);
        const [more, next, id, text] = reply as [number, string, string?, (string | null)?];
        count += more;
        const from: number = after;
        if (id !== undefined && typeof text === "string")
          count += unpack({ shard, id, appendedAt: 0, text }).filter(
            ({ position }) => position > from,
          ).length;
        after = next === "" ? null : Number(next);
      }
      return count;
    },
    async erase(shard, key) {
      let count = 0;
      for (let start = "-"; ; ) {
        const args = [keys.shard(shard).index, start, "+", "COUNT", STEP];
        const rows = (await connection.call("xrange", args, repeatable)) as [string, string[]][];
        for (const [id, [, , , hashes = ""]] of rows) {
          if (mayHold(hashes, key)) count += await thin(shard, id, (record) => record.key === key);
        }
        if (rows.length < STEP) return count;
        start = `(${rows[STEP - 1]?.[0]}`;
      }
    },
    async trim(shard, before) {
      const { index, packs, rewritten, committed: positions } = keys.shard(shard);
      let count = 0;
      for (let start = "-"; start !== ""; ) {
        const args = [before, start, STEP];
        const reply = await runScript(connection, TRIM, [index, packs, rewritten, positions], args);
        const [dropped, next, inside, id] = reply as [number, string, string, string];
        count += dropped;
        if (inside !== "") count += await thin(shard, id, ({ position }) => position <= Number(inside));
        start = next;
      }
      return count;
    },
  };
}

type Matcher = (record: LogRecord) => boolean;

/** Packs that go in one call; a large batch is several, one after the other. */
function inCalls(packs: readonly Pack[]): Pack[][] {
  const calls: Pack[][] = [];
  let room = 0;
  for (const each of packs) {
    if (each.text.length > room || calls.length === 0) {
      calls.push([]);
      room = APPEND_CHARACTERS;
    }
    calls[calls.length - 1]?.push(each);
    room -= each.text.length;
  }
  return calls;
}
