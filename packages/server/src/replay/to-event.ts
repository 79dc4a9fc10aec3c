import { hash } from "node:crypto";
import type { Mapping, ValueMapping } from "./mapping.js";
import { parseTime } from "./time.js";

/** The fields of a row by column; empty and missing ones are null. */
export type Row = readonly (string | null)[];

/** An event as it goes over the wire, and what the sender needs to know of it. */
export interface MappedEvent {
  event: Readonly<Record<string, unknown>>;
  /** Equal for rows of one visitor, whose order is kept. */
  key: string;
  /** Epoch ms, or null where the recorded time cannot be read. */
  at: number | null;
  hasSession: boolean;
}

export type ToEvent = (row: Row, rowNumber: number) => MappedEvent;

type Scalar = string | number | boolean;
type Read = (row: Row) => Scalar | null;

/** Compiles a mapping for the columns of one file: what each row costs is only reading. */
export function compileMapping(mapping: Mapping, columns: readonly string[]): ToEvent {
  const at = (column: string): number => columns.indexOf(column);
  const reader = (given: ValueMapping | undefined): Read => (given ? compileValue(given, at) : () => null);
  const name = reader(mapping.name);
  const [visitorId, userId, sessionId, deviceId] = [
    reader(mapping.visitorId),
    reader(mapping.userId),
    reader(mapping.sessionId),
    reader(mapping.deviceId),
  ];
  const id = compileId(mapping.id, at);
  const timeColumn = at(mapping.occurredAt.column);
  const timeFormat = mapping.occurredAt.format ?? "auto";
  const properties = compileProperties(mapping, at);
  const context = compileContext(mapping, at);
  const consent = { purposes: mapping.consent, policyVersion: null };

  return (row, rowNumber) => {
    const recorded = row[timeColumn] ?? "";
    const time = parseTime(recorded, timeFormat);
    const eventName = name(row);
    const ids = {
      visitorId: textOf(visitorId(row)),
      userId: textOf(userId(row)),
      sessionId: textOf(sessionId(row)),
    };
    return {
      event: {
        id: id(row, rowNumber),
        schemaVersion: 1,
        name: eventName,
        ...ids,
        deviceId: textOf(deviceId(row)),
        occurredAt: time ?? recorded,
        properties: properties(row, eventName),
        context: context(row),
        consent,
      },
      key: ids.visitorId ?? ids.userId ?? ids.sessionId ?? "",
      at: time,
      hasSession: ids.sessionId !== null,
    };
  };
}

const textOf = (value: Scalar | null): string | null => (value === null ? null : String(value));

function compileValue(given: ValueMapping, at: (column: string) => number): Read {
  const { column, constant, template, map, type = "string" } = given;
  if (constant !== undefined) return () => constant;
  if (template !== undefined) return compileTemplate(template, at);
  const index = at(column as string);
  const names = map ? new Map(Object.entries(map)) : null;
  return (row) => {
    const text = row[index] ?? null;
    if (text === null) return null;
    const mapped = names?.get(text);
    return mapped ?? typed(text, type);
  };
}

function typed(text: string, type: NonNullable<ValueMapping["type"]>): Scalar {
  if (type === "number") {
    const number = Number(text);
    return Number.isFinite(number) ? number : text;
  }
  if (type === "boolean" && /^(true|false|1|0)$/i.test(text))
    return text === "1" || text.toLowerCase() === "true";
  return text;
}

/** Null as soon as one of the columns in it is empty. */
function compileTemplate(template: string, at: (column: string) => number): Read {
  const parts = template.split(/\{([^}]+)\}/).map((part, place) => (place % 2 === 0 ? part : at(part)));
  return (row) => {
    let text = "";
    for (const part of parts) {
      const piece = typeof part === "string" ? part : (row[part] ?? null);
      if (piece === null) return null;
      text += piece;
    }
    return text;
  };
}

function compileId(
  id: Mapping["id"],
  at: (column: string) => number,
): (row: Row, rowNumber: number) => string | null {
  if (typeof id === "object") {
    const index = at(id.column);
    return (row) => row[index] ?? null;
  }
  // The unit separator cannot be confused with what stands inside a field.
  const text = (row: Row): string => row.join("\u001f");
  return id === "hash"
    ? (row) => hashOf(text(row))
    : (row, rowNumber) => hashOf(`${rowNumber}\u001f${text(row)}`);
}

const hashOf = (text: string): string => `row-${hash("sha256", text, "base64url").slice(0, 27)}`;

/** Without a prototype, so that every name is a name like any other. */
const bare = <V>(): Record<string, V> => Object.create(null) as Record<string, V>;

function compileProperties(mapping: Mapping, at: (column: string) => number) {
  const readers = Object.entries(mapping.properties ?? {}).map(([key, given]) => ({
    key,
    read: compileValue(given, at),
    onlyFor: given.onlyFor ?? null,
  }));
  return (row: Row, eventName: Scalar | null): Record<string, Scalar> => {
    const found = bare<Scalar>();
    for (const { key, read, onlyFor } of readers) {
      if (onlyFor && !onlyFor.includes(String(eventName))) continue;
      const value = read(row);
      if (value !== null) found[key] = value;
    }
    return found;
  };
}

function compileContext(mapping: Mapping, at: (column: string) => number): (row: Row) => object {
  const readers = Object.entries(mapping.context ?? {}).map(
    ([path, given]) => [path.split("."), compileValue(given, at)] as const,
  );
  return (row) => {
    const context = bare<unknown>();
    for (const [path, read] of readers) {
      const value = read(row);
      if (value === null) continue;
      let target = context;
      for (const key of path.slice(0, -1)) target = (target[key] ??= bare()) as Record<string, unknown>;
      target[path.at(-1) as string] = value;
    }
    return context;
  };
}
