import { expiryOf, type RecordKey, type StoreRecord } from "@attune/core/ports";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { AttuneError } from "@attune/core";
import { jsonText } from "../shared/json-text.js";
import { type ItemKey, itemKey, keyText } from "./keys.js";

export type Item = Record<string, AttributeValue>;

/** Of the layout of an item; a reader refuses what a newer one has written. */
const LAYOUT = 1;

/**
 * Names of an item's attributes: short, because each item pays for them. In expressions every one is a placeholder, `#` and its name.
 * `writes` are the ids of the last writes, newest first: by them a writer whose answer was lost finds out what became of its write.
 */
export const ATTRIBUTE = {
  partition: "p",
  sort: "s",
  value: "j",
  version: "v",
  /** Epoch ms; what readers go by. */
  expiresAt: "e",
  /** Epoch s; what DynamoDB's own TTL goes by. */
  ttl: "t",
  layout: "l",
  writes: ["w", "w1", "w2", "w3"],
} as const;

/** DynamoDB's own limit for an item, names of attributes included. */
const MAX_ITEM_BYTES = 400 * 1024;
/** More than all attributes but the keys and the value take together. */
const OVERHEAD_BYTES = 256;

/** Placeholders of all attributes' names that an expression mentions. */
export function namesIn(...expressions: readonly string[]): Record<string, string> {
  const found = expressions.join(" ").match(/#\w+/g) ?? [];
  return Object.fromEntries(found.map((placeholder) => [placeholder, placeholder.slice(1)]));
}

export const toKey = (key: ItemKey): Item => ({
  [ATTRIBUTE.partition]: { B: key.partition },
  [ATTRIBUTE.sort]: { B: key.sort },
});

export const number = (value: number): AttributeValue => ({ N: String(value) });

/** A record about to be written. */
export interface Draft {
  key: ItemKey;
  /** The value as JSON text. */
  text: string;
  expiresAt: number | null;
}

/**
 * Checks a record before anything is sent.
 *
 * @throws AttuneError `ATTUNE_STORE_KEY`, `ATTUNE_STORE_EXPIRY`, or `ATTUNE_STORE_VALUE` where it has no JSON form or is larger than an item may be.
 */
export function toDraft(name: RecordKey, value: unknown, expiresAt: number | undefined): Draft {
  const key = itemKey(name);
  const text = jsonText(value);
  const size = key.partition.length + key.sort.length + Buffer.byteLength(text) + OVERHEAD_BYTES;
  if (size > MAX_ITEM_BYTES) {
    throw new AttuneError(
      "ATTUNE_STORE_VALUE",
      "A value is too large for DynamoDB: an item may have 400 KB with its key. Split it into several records, or keep it elsewhere and store where it is.",
    );
  }
  return { key, text, expiresAt: expiryOf(expiresAt) };
}

/** The attributes that a write gives anew whatever stood there; null: it must not stay. */
export const written = (
  { text, expiresAt }: Draft,
  write: string,
): Record<string, AttributeValue | null> => ({
  [ATTRIBUTE.value]: { S: text },
  [ATTRIBUTE.layout]: number(LAYOUT),
  [ATTRIBUTE.writes[0]]: { S: write },
  [ATTRIBUTE.expiresAt]: expiresAt === null ? null : number(expiresAt),
  // Rounded up: DynamoDB must never remove what readers may still see.
  [ATTRIBUTE.ttl]: expiresAt === null ? null : number(Math.ceil(expiresAt / 1000)),
});

const numberOf = (item: Item, name: string): number | undefined => {
  const text = item[name]?.N;
  return text === undefined ? undefined : Number(text);
};

export const versionOf = (item: Item): number => numberOf(item, ATTRIBUTE.version) ?? 0;

export function isExpired(item: Item, now: number): boolean {
  const expiresAt = numberOf(item, ATTRIBUTE.expiresAt);
  return expiresAt !== undefined && expiresAt <= now;
}

/** Which of the last writes one was: 0 the newest, −1 none of them. */
export const ageOfWrite = (item: Item, write: string): number =>
  ATTRIBUTE.writes.findIndex((name) => item[name]?.S === write);

export const keyOf = (item: Item): ItemKey => ({
  partition: Buffer.from(item[ATTRIBUTE.partition]?.B ?? []),
  sort: Buffer.from(item[ATTRIBUTE.sort]?.B ?? []),
});

/** The record of an item; null where it has expired. */
export function toRecord<V>(item: Item, now: number): StoreRecord<V> | null {
  const layout = numberOf(item, ATTRIBUTE.layout) ?? LAYOUT;
  if (layout > LAYOUT) {
    throw new AttuneError(
      "ATTUNE_STORE_SCHEMA",
      `The table holds items of a newer version (layout ${layout}, this code knows ${LAYOUT}). Update @attune/server-adapters.`,
    );
  }
  if (isExpired(item, now)) return null;
  const { partition, sort } = keyOf(item);
  const record: StoreRecord<V> = {
    partition: keyText(partition),
    sort: keyText(sort),
    value: JSON.parse(item[ATTRIBUTE.value]?.S ?? "null") as V,
    version: versionOf(item),
  };
  const expiresAt = numberOf(item, ATTRIBUTE.expiresAt);
  if (expiresAt !== undefined) record.expiresAt = expiresAt;
  return record;
}
