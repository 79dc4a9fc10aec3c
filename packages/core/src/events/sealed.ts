import { isObject, type JsonObject } from "../kernel/json.js";
import type { Event } from "./types.js";

/** The one key of a value that was sealed at the server's door. No client may use it, so nothing that a client sends can be taken for one. */
export const SEALED_KEY = "$sealed";

/** Stands where a sensitive value was; its text can be opened only as the field of the subject that it was. Empty: it cannot be had any more. */
export interface SealedValue {
  readonly [SEALED_KEY]: string;
}

export const isSealed = (value: unknown): value is SealedValue =>
  typeof value === "object" && value !== null && typeof (value as SealedValue)[SEALED_KEY] === "string";

/** Where a field stands in an event's properties: `traits.phone` is what `identify` tells there, `properties.diagnosis` stands at the top. */
export function pathOf(field: string): readonly string[] {
  const parts = field.split(".");
  return parts[0] === "properties" ? parts.slice(1) : parts;
}

export interface TakenValue {
  /** What it is sealed as: the field, or the part of it above a list. */
  field: string;
  value: unknown;
}

/**
 * The properties without these fields, and what stood there. A list on the way to a field is taken whole. The same object where there is
 * nothing of them; what is given is not changed.
 */
export function takeOut(
  properties: JsonObject,
  fields: readonly string[],
): { rest: JsonObject; taken: TakenValue[] } {
  const taken: TakenValue[] = [];
  let rest = properties;
  for (const field of fields) rest = without(rest, pathOf(field), field, taken);
  return { rest, taken };
}

function without(from: JsonObject, path: readonly string[], field: string, taken: TakenValue[]): JsonObject {
  const [key = "", ...below] = path;
  const value = Object.hasOwn(from, key) ? from[key] : undefined;
  if (value === undefined || value === null) return from;
  if (below.length > 0 && !Array.isArray(value)) {
    if (typeof value !== "object") return from;
    const left = without(value as JsonObject, below, field, taken);
    return left === value ? from : { ...from, [key]: left };
  }
  taken.push({ field: below.length === 0 ? field : field.slice(0, -below.join(".").length - 1), value });
  const { [key]: _taken, ...others } = from;
  return others;
}

/** The properties with a value where the field stands; what is on the way there is made where it is missing. */
export function putBack(properties: JsonObject, field: string, value: unknown): JsonObject {
  const put = (into: JsonObject, [key = "", ...below]: readonly string[]): JsonObject => {
    const known = Object.hasOwn(into, key) ? into[key] : undefined;
    const inner = isObject(known) ? known : {};
    return { ...into, [key]: below.length === 0 ? value : put(inner as JsonObject, below) } as JsonObject;
  };
  return put(properties, pathOf(field));
}

/** The event as it may be shown to those who are not to see what is sensitive. */
export const withoutSealed = (event: Event): Event =>
  event.sealed === undefined ? event : { ...event, properties: takeOut(event.properties, event.sealed).rest };
