import { AttuneError } from "@attune/core";
import type { LogRecord } from "@attune/core/ports";
import type { KafkaMessage } from "kafkajs";

const ESCAPE = "\u0000";

/**
 * A key as UTF-8. What UTF-8 cannot carry (half a surrogate pair) goes as JSON behind a NUL, and so does what begins
 * with a NUL, so that two keys never become one.
 */
export function encodeKey(key: string): string {
  return key.startsWith(ESCAPE) || /\p{Surrogate}/u.test(key) ? ESCAPE + JSON.stringify(key) : key;
}

/** @throws SyntaxError where the bytes are not of {@link encodeKey}. */
export function decodeKey(bytes: Buffer | null): string {
  const text = bytes?.toString("utf8") ?? "";
  return text.startsWith(ESCAPE) ? (JSON.parse(text.slice(1)) as string) : text;
}

/** @throws AttuneError `ATTUNE_LOG_VALUE` */
export function encodeValue(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_LOG_VALUE",
      "An entry has no JSON form: it is circular, nested too deeply, or holds a BigInt. Append plain data.",
      { cause },
    );
  }
}

/** Positions begin behind 0, which means "from the start"; offsets begin at 0. */
export const positionOf = (offset: string): number => Number(offset) + 1;

/** A message as a record; null where another program wrote it and it is no JSON. */
export function toRecord(message: KafkaMessage, shard: number): LogRecord | null {
  if (message.value === null) return null;
  try {
    return {
      key: decodeKey(message.key),
      value: JSON.parse(message.value.toString("utf8")) as unknown,
      shard,
      position: positionOf(message.offset),
      appendedAt: Number(message.timestamp),
    };
  } catch {
    return null;
  }
}
