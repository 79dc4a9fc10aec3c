import type { Environment } from "./environment.js";
import { asBuffer, prefixEnd, recordKey } from "./keys.js";

/** How long a process may be silent before others take its shards, ms. */
export const LEASE_MS = 4000;
/** How often a process that handles something says that it lives, ms. */
const RENEW_MS = 1000;

/**
 * Which process handles which shard of a group, kept in the log's own file, so that LMDB's write lock decides. A process writes here
 * only while there is something to handle. Times are those of the machine, which all processes of one file share.
 */
export interface Leases {
  /**
   * Whether this process may handle the shard now: takes it where it is free and this process has no more than its share of the shards;
   * gives it back where it has more than that, since others wait.
   */
  claim(group: string, shard: number): Promise<boolean>;
  /** Whether the shard is this process's by what it knows, without looking into the file. */
  has(group: string, shard: number): boolean;
  /** Whether it is still this process's by the file; within a transaction that is the truth. */
  holds(group: string, shard: number): boolean;
  /** Prolongs what this process has in the group, where that is due. */
  renew(group: string): Promise<void>;
  /** Gives back all that this process has in the group. */
  release(group: string): Promise<void>;
}

interface Lease {
  owner: string;
  until: number;
}

/** @param owner Names this process in the file; never the same for two. */
export function createLeases(
  environment: Environment,
  { owner, shards, now = Date.now }: { owner: string; shards: number; now?: () => number },
): Leases {
  const { write } = environment;
  const leases = environment.database("leases");
  /** Until when this process has a shard, by group and shard. */
  const held = new Map<string, Map<number, number>>();
  /** A time further off than a lease lasts was written before the clock was set back; it must not hold a shard for as long as that. */
  const isLiving = (until: number): boolean => until > now() && until <= now() + LEASE_MS;

  const heldIn = (group: string): Map<number, number> => {
    const known = held.get(group) ?? new Map<number, number>();
    held.set(group, known);
    return known;
  };
  const leaseOf = (group: string, shard: number): Lease | null => {
    const text = leases.get(shardKey(group, shard));
    if (text === undefined) return null;
    const [until, ...name] = text.split(",");
    return { owner: name.join(","), until: Number(until) };
  };
  const holds = (group: string, shard: number): boolean => leaseOf(group, shard)?.owner === owner;

  /** Within a transaction: this process lives, and so does what it has. */
  const prolong = (group: string): void => {
    const until = now() + LEASE_MS;
    leases.putSync(memberKey(group, owner), String(until));
    const own = heldIn(group);
    for (const shard of own.keys()) {
      if (!holds(group, shard)) own.delete(shard);
      else take(group, shard, until);
    }
  };
  const take = (group: string, shard: number, until: number): void => {
    leases.putSync(shardKey(group, shard), `${until},${owner}`);
    heldIn(group).set(shard, until);
  };
  const giveBack = (group: string, shard: number): void => {
    if (holds(group, shard)) leases.removeSync(shardKey(group, shard));
    heldIn(group).delete(shard);
  };
  /** How many shards are this process's part, by who has lately said that it lives. */
  const share = (group: string): number => {
    let members = 0;
    const range = { start: recordKey(group, MEMBER), end: prefixEnd(group, MEMBER) };
    for (const { key, value } of Array.from(leases.getRange(range))) {
      if (isLiving(Number(value))) members++;
      else leases.removeSync(asBuffer(key));
    }
    return Math.ceil(shards / Math.max(1, members));
  };
  const isFresh = (until: number | undefined): boolean =>
    until !== undefined && isLiving(until) && until - now() > LEASE_MS - RENEW_MS;

  return {
    holds,
    has: (group, shard) => isLiving(held.get(group)?.get(shard) ?? 0),
    async claim(group, shard) {
      const own = heldIn(group);
      if (isFresh(own.get(shard))) return true;
      return write(() => {
        prolong(group);
        const others = own.size - (own.has(shard) ? 1 : 0);
        const lease = leaseOf(group, shard);
        const isFree = lease === null || lease.owner === owner || !isLiving(lease.until);
        if (isFree && others < share(group)) {
          take(group, shard, now() + LEASE_MS);
          return true;
        }
        giveBack(group, shard);
        return false;
      });
    },
    async renew(group) {
      const own = heldIn(group);
      if (own.size > 0 && ![...own.values()].every(isFresh)) await write(() => prolong(group));
    },
    async release(group) {
      const own = held.get(group);
      held.delete(group);
      if (own === undefined) return;
      await write(() => {
        leases.removeSync(memberKey(group, owner));
        for (const shard of own.keys()) {
          if (holds(group, shard)) leases.removeSync(shardKey(group, shard));
        }
      });
    },
  };
}

const SHARD = "s/";
const MEMBER = "m/";
const shardKey = (group: string, shard: number): Buffer => recordKey(group, SHARD + String(shard));
const memberKey = (group: string, owner: string): Buffer => recordKey(group, MEMBER + owner);
