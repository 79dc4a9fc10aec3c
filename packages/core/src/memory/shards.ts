import { fnv1a32 } from "../kernel/hash.js";

/** A number of 32 bits for the key of a log entry. Different keys may share it. */
export const keyHash = (key: string): number => fnv1a32(key);

/** The shard that the entries of a key fall into; the logs of this project all agree on it. */
export const shardOf = (key: string, shards: number): number => fnv1a32(key) % shards;
