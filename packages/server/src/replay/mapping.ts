/** How one field of an event is read from a row. Exactly one of `column`, `constant` and `template`. */
export interface ValueMapping {
  column?: string;
  constant?: string | number | boolean;
  /** Text with `{column}` in it. */
  template?: string;
  /** Default `string`. What cannot be read as the type is passed on as it stands, for the server to judge. */
  type?: "string" | "number" | "boolean";
  /** Recorded value → value. Others are passed on as they are. */
  map?: Readonly<Record<string, string | number | boolean>>;
  /** Properties only: set only on events of these names. */
  onlyFor?: readonly string[];
}

/** `auto`: ISO 8601 or `2019-10-01 00:00:00 UTC`; a time without a zone is UTC. */
export type TimeFormat = "auto" | "epoch-ms" | "epoch-s";

/**
 * What is what in a recorded file.
 *
 * `id: "hash"`: the event's id is a hash of the row, so rows that repeat exactly are the same event. `id: "row"`: the row's number goes into
 * the hash as well, so that every row is its own event and only the same file replayed again repeats it.
 */
export interface Mapping {
  description?: string;
  format?: "csv" | "ndjson";
  /** CSV: column names where the file has no header line. In NDJSON a column is a member of the line's object. */
  columns?: readonly string[];
  delimiter?: string;
  id: "hash" | "row" | { column: string };
  name: ValueMapping;
  occurredAt: { column: string; format?: TimeFormat };
  visitorId?: ValueMapping;
  userId?: ValueMapping;
  sessionId?: ValueMapping;
  deviceId?: ValueMapping;
  properties?: Readonly<Record<string, ValueMapping>>;
  /** Dotted paths are nested: `page.path`, `campaign.source`, `device.type`. */
  context?: Readonly<Record<string, ValueMapping>>;
  /** Purposes that were granted when this was recorded, as the owner of the data knows it. */
  consent: readonly string[];
}
