import type { JsonValue } from "../kernel/json.js";
import { reader } from "./path.js";
import type { Attributes, Condition } from "./types.js";

/** What is walked through: the whole, logical operators, and their lists. */
const INNER = /^(\$(and|or|nor|not)|\d*)$/;

/** The attributes that a condition asks about, by path; null where there is none. Groups are not followed. */
export function attributesRead(condition: Condition, attributes: Attributes): Record<string, JsonValue> {
  const read: Record<string, JsonValue> = {};
  JSON.stringify(condition, (key, value: JsonValue) => {
    if (INNER.test(key)) return value;
    if (key !== "$savedGroup") read[key] = (reader(key)(attributes) ?? null) as JsonValue;
    return null;
  });
  return read;
}
