import { expiryOf, type StoreRecord } from "@attune/core/ports";

/**
 * Reads the text of a record: `version,expiresAt or nothing,value as JSON`; null where it has expired.
 */
export function parseRecord<V>(
  key: { partition: string; sort: string },
  text: string,
  now: number,
): StoreRecord<V> | null {
  const first = text.indexOf(",");
  const second = text.indexOf(",", first + 1);
  const until = text.slice(first + 1, second);
  if (until !== "" && Number(until) <= now) return null;
  const record: StoreRecord<V> = {
    partition: key.partition,
    sort: key.sort,
    value: JSON.parse(text.slice(second + 1)) as V,
    version: Number(text.slice(0, first)),
  };
  if (until !== "") record.expiresAt = Number(until);
  return record;
}

/** @throws AttuneError `ATTUNE_STORE_EXPIRY` where it is no time. */
export const expiryText = (expiresAt?: number): string => String(expiryOf(expiresAt) ?? "");
