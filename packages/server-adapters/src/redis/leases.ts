import { AttuneError } from "@attune/core";
import type { CallOptions, Connection } from "./connection.js";
import { type LogKeys, member } from "./keys.js";
import { ADVANCE } from "./lua/advance-2.lua.js";
import { CLAIM } from "./lua/claim-2.lua.js";
import { KEEP } from "./lua/keep-1.lua.js";
import { MEMBERS } from "./lua/members-1.lua.js";
import { runScript } from "./scripts.js";

export interface LeaseOptions {
  connection: Connection;
  keys: LogKeys;
  shards: number;
  /** Names this log among all that consume; never used twice. */
  owner: string;
  /** How long a shard stays with an owner that is not heard of, ms. */
  leaseMs: number;
}

/** Which shards of a group this process handles, and how far each has come. */
export interface Leases {
  /** Takes part in a group. */
  join(group: string): Promise<void>;
  /** Gives every shard of the group back. */
  leave(group: string): Promise<void>;
  /** Whether the shard falls to this process, by who it knows to be alive. */
  isOurs(group: string, shard: number): boolean;
  /** The committed position of a shard that this process handles; null where another does. */
  position(group: string, shard: number): Promise<number | null>;
  /** @throws AttuneError `ATTUNE_LOG_FENCED` where another process handles the shard by now. */
  advance(group: string, shard: number, position: number): Promise<void>;
  /** Renews what is held, and learns who has come and gone. To be called three times in `leaseMs`. */
  beat(): Promise<void>;
}

interface Held {
  position: number;
  /** By this process's monotonic clock, and on the safe side. */
  until: number;
}

const AGAIN: CallOptions = { repeatable: true };
/** For who leaves: a lease that cannot be given back runs out by itself, so nobody's end waits long for it. */
const BRIEFLY: CallOptions = { repeatable: true, patienceMs: 2000 };

/**
 * Redis' own consumer groups hand the entries of a stream to whoever asks, so two members would handle one shard at once and out of
 * order, and their acknowledgements cannot tell how far a handler has come within a packed entry. What the port needs is one owner
 * for each shard of a group and one number: a lease (a key with a time to live, checked whenever a position is committed) and a hash
 * of positions. The members of a group share its shards by their rank among all that are alive. An owner that dies is left out when
 * its lease has run out, and the others take over at the committed position.
 */
export function redisLeases(options: LeaseOptions): Leases {
  const { connection, keys, shards, owner, leaseMs } = options;
  /** Living owners of each group that this process takes part in. */
  const groups = new Map<string, readonly string[]>();
  const held = new Map<string, Held>();
  const heldKey = (group: string, shard: number): string => `${shard}/${group}`;
  const safety = leaseMs / 4;

  const meet = async (group: string): Promise<readonly string[]> => {
    const args = [owner, leaseMs];
    const reply = await runScript(connection, MEMBERS, [keys.members(group)], args, { repeatable: true });
    return (reply as string[]).sort();
  };
  const isOurs = (group: string, shard: number): boolean => {
    const members = groups.get(group) ?? [];
    return members[shard % members.length] === owner;
  };
  const keep = async (group: string, shard: number, ms: number, options = AGAIN): Promise<boolean> => {
    const lease = keys.shard(shard).lease(group);
    return (await runScript(connection, KEEP, [lease], [owner, ms], options)) === 1;
  };
  const giveBack = async (group: string, shard: number, options = AGAIN): Promise<void> => {
    if (held.delete(heldKey(group, shard))) await keep(group, shard, 0, options);
  };
  const renew = async (group: string, shard: number): Promise<void> => {
    const known = held.get(heldKey(group, shard));
    if (known === undefined) return;
    const until = performance.now() + leaseMs - safety;
    if (await keep(group, shard, leaseMs)) known.until = until;
    else held.delete(heldKey(group, shard));
  };
  const each = (action: (shard: number) => Promise<void>): Promise<unknown> =>
    Promise.all(Array.from({ length: shards }, (_, shard) => action(shard)));

  return {
    isOurs,
    async join(group) {
      if (groups.has(group)) return;
      // Known from now on, so that a trim leaves the group what it has not seen.
      await each(async (shard) => {
        const args = [keys.shard(shard).committed, member(group), 0];
        await connection.call("hsetnx", args, { repeatable: true });
      });
      groups.set(group, await meet(group));
    },
    async leave(group) {
      groups.delete(group);
      await each((shard) => giveBack(group, shard, BRIEFLY));
      await runScript(connection, MEMBERS, [keys.members(group)], [owner, 0], BRIEFLY);
    },
    async position(group, shard) {
      if (!isOurs(group, shard)) {
        await giveBack(group, shard);
        return null;
      }
      const key = heldKey(group, shard);
      const known = held.get(key);
      if (known !== undefined && performance.now() < known.until) return known.position;
      const until = performance.now() + leaseMs - safety;
      const { lease, committed } = keys.shard(shard);
      const args = [owner, leaseMs, member(group)];
      const position = await runScript(connection, CLAIM, [lease(group), committed], args, {
        repeatable: true,
      });
      if (position === null) {
        held.delete(key);
        return null;
      }
      held.set(key, { position: Number(position), until });
      return Number(position);
    },
    async advance(group, shard, position) {
      const { lease, committed } = keys.shard(shard);
      const until = performance.now() + leaseMs - safety;
      const args = [owner, leaseMs, member(group), position];
      const done = await runScript(connection, ADVANCE, [lease(group), committed], args, {
        repeatable: true,
      });
      if (done === 1) {
        held.set(heldKey(group, shard), { position, until });
        return;
      }
      held.delete(heldKey(group, shard));
      throw new AttuneError(
        "ATTUNE_LOG_FENCED",
        "Another process has taken the shard over while this batch was handled, and handles it again. Make batches smaller (`maxBatch`) or `lease` longer.",
      );
    },
    async beat() {
      const regroup = async (group: string): Promise<void> => {
        const members = await meet(group);
        // It may have been left meanwhile, and must not come back by this.
        if (groups.has(group)) groups.set(group, members);
      };
      // Side by side, so that a slot out of reach costs nothing that lies in others.
      const keepGroup = (group: string): Promise<unknown> =>
        Promise.all([regroup(group), each((shard) => renew(group, shard))]);
      await Promise.all([...groups.keys()].map(keepGroup));
    },
  };
}
