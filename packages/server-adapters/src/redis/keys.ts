import { AttuneError } from "@attune/core";
import { decodeText, encodeText, PLAIN } from "../shared/text.js";

/** What may stand in a key as it is: nothing of a hash tag, of a glob, or beyond ASCII. */
const SAFE = /^[A-Za-z0-9_.~/:@+,-]*$/;
const SAFE_PREFIX = /^[^{}]*$/;

/** Ends the range of a prefix: above every byte of an encoded text. */
const CEILING = Buffer.of(0xff);

/** Any text in ASCII that can leave neither the braces of a hash tag nor its place in a glob. */
export function quote(text: string): string {
  if (SAFE.test(text)) return text;
  return Array.from(encodeText(text), (byte) => {
    const character = String.fromCharCode(byte);
    return SAFE.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/** The inverse of {@link quote}. */
export function unquote(quoted: string): string {
  if (!quoted.includes("%")) return quoted;
  const bytes = quoted.match(/%[0-9a-f]{2}|[^%]/g) ?? [];
  return decodeText(
    Buffer.from(
      bytes.map((part) => (part.length === 1 ? part.charCodeAt(0) : Number.parseInt(part.slice(1), 16))),
    ),
  );
}

/**
 * The prefix of every key: the host's own (`keyPrefix` of its client), then ours.
 *
 * @throws AttuneError `ATTUNE_REDIS_PREFIX` where it has braces, which would put all keys into one slot.
 */
export function checkedPrefix(ofClient: string, own: string): string {
  const prefix = `${ofClient}${own}`;
  if (SAFE_PREFIX.test(prefix)) return prefix;
  throw new AttuneError(
    "ATTUNE_REDIS_PREFIX",
    "The prefix of the keys has a brace, which would put every key into one slot of a cluster. Choose one without `{` and `}`.",
  );
}

/** A glob that matches the text and nothing else. */
export const literally = (text: string): string => text.replace(/[\\*?[\]^]/g, "\\$&");

/** Text as a member, a field or a part of one; sorts by code unit. A string where that says the same, which is cheaper to send. */
export const member = (text: string): string | Buffer => (PLAIN.test(text) ? text : encodeText(text));

/** The four keys of a partition, in the order in which the scripts take them. All have its hash tag, hence its slot. */
export type PartitionKeys = readonly [records: string, order: string, expiry: string, tokens: string];

export interface StoreKeys {
  of(partition: string): PartitionKeys;
  /** Glob for the keys of one kind, of all partitions whose names start so. */
  pattern(kind: string, startsWith: string): string;
  /** The partition of a key that the pattern has found. */
  partitionOf(key: string): string;
}

/**
 * Keys of a store: `<prefix>:{s/<partition>}:<kind>`, where the kinds are `r` (records), `k` (their order), `x` (when they expire) and
 * `t` (tokens of `once`).
 */
export function storeKeys(prefix: string): StoreKeys {
  const head = `${prefix}:{s/`;
  return {
    of(partition) {
      const base = `${head}${quote(partition)}}:`;
      return [`${base}r`, `${base}k`, `${base}x`, `${base}t`];
    },
    pattern: (kind, startsWith) => `${literally(head)}${quote(startsWith)}*}:${kind}`,
    partitionOf: (key) => unquote(key.slice(head.length, key.lastIndexOf("}"))),
  };
}

export interface ScanBounds {
  min: Buffer;
  max: Buffer;
}

const bound = (sign: "[" | "(", ...parts: Buffer[]): Buffer => Buffer.concat([Buffer.from(sign), ...parts]);

/** Half-open range of sort keys as the bounds of a range by text; null where it is empty. */
export function toBounds(from: string, to: string | undefined, prefix: string): ScanBounds | null {
  const low = encodeText(from > prefix ? from : prefix);
  const end = Buffer.concat([encodeText(prefix), CEILING]);
  const given = to === undefined ? end : encodeText(to);
  const high = given.compare(end) < 0 ? given : end;
  return low.compare(high) < 0 ? { min: bound("[", low), max: bound("(", high) } : null;
}

/** The bound just behind a member, in either direction. */
export const behind = (text: string): Buffer => bound("(", encodeText(text));

export interface ShardKeys {
  /** Stream: which packs there are. */
  index: string;
  /** Hash: the packs themselves. */
  packs: string;
  /** Hash: how many records are left in packs that an erasure or a trim has shortened. */
  rewritten: string;
  /** Hash: where each group stands. */
  committed: string;
  /** Who handles the shard for a group. */
  lease(group: string): string;
}

export interface LogKeys {
  shard(shard: number): ShardKeys;
  /** Who takes part in a group. */
  members(group: string): string;
  meta: string;
  deadLetters: PartitionKeys;
}

/** Keys of a log: `<prefix>:{l/<name>/<shard>}:<kind>`, so that each shard has a slot of its own. */
export function logKeys(prefix: string, name: string): LogKeys {
  const tag = (part: string): string => `${prefix}:{l/${quote(name)}/${part}}`;
  const letters = tag("dead");
  return {
    shard(shard) {
      const base = tag(String(shard));
      return {
        index: `${base}:s`,
        packs: `${base}:p`,
        rewritten: `${base}:w`,
        committed: `${base}:c`,
        lease: (group) => `${base}:l/${quote(group)}`,
      };
    },
    members: (group) => `${tag("members")}:${quote(group)}`,
    meta: tag("meta"),
    deadLetters: [`${letters}:r`, `${letters}:k`, `${letters}:x`, `${letters}:t`],
  };
}
