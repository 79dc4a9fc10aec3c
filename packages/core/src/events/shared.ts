import type { Event, EventContext } from "./types.js";

interface Reading<T> {
  given: unknown;
  read: T;
}

/** `keys` and `items` are what it used of an event's budget. */
export interface CountedReading<T> extends Reading<T> {
  keys: number;
  items: number;
}

/**
 * Parts of the previous event: as they were given, and as they were read. Most events of a batch come from one page and under one consent;
 * parts that are equal are read once and shared. Each batch begins with an empty one.
 */
export interface SharedParts {
  context?: CountedReading<EventContext>;
  /** Objects in the contexts so far, the latest under each key. */
  objects?: Map<string, CountedReading<unknown>>;
  consent?: Reading<Event["consent"]>;
  /** The context as read, and with the request's country. */
  located?: Reading<EventContext>;
  /** The number of keys of properties that need, as they came, neither cleaning nor minimising; of any others -1. */
  ordinaryKeys?(name: string, properties: Readonly<Record<string, unknown>>): number;
  /** Whether those of the event that was read last were such. */
  wasOrdinary?: boolean;
}

/** Whether a value is the same JSON as a known one. Goes no deeper than the known one, whatever the other is. */
export function sameJson(value: unknown, known: unknown): boolean {
  if (value === known) return true;
  if (typeof value !== "object" || typeof known !== "object" || value === null || known === null)
    return false;
  if (Object.getPrototypeOf(value) !== Object.getPrototypeOf(known)) return false;
  if (Array.isArray(value) && Array.isArray(known)) {
    if (value.length !== known.length) return false;
    for (let i = 0; i < known.length; i++) if (!sameJson(value[i], known[i])) return false;
    return true;
  }
  let left = 0;
  for (const key in known) {
    const inner = (known as Record<string, unknown>)[key];
    if (inner === undefined || !sameJson((value as Record<string, unknown>)[key], inner)) return false;
    left++;
  }
  for (const _ in value) left--;
  return left === 0;
}
