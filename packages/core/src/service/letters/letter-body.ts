import { CARD, isCardNumber, mask } from "../../events/mask.js";
import type { Replaced } from "./letter-fields.js";

const MAX_BYTES = 32 * 1024;
/** Far deeper than any event that is taken, so that what is cut off here is refused again. */
const MAX_DEPTH = 32;
/** In place of what JSON has no form for: a number that no double can hold, which is refused again whenever it is read. */
const UNHOLDABLE = "1e999";
/** The envelope's own identifiers, by which a letter is sent again as the same event, and found by whom it is about. */
const ENVELOPE = ["id", "eventId", "visitorId", "anonymousId", "userId", "sessionId", "deviceId"];
/** Names of things, whose digits are no telephone numbers. */
const THING = /(?:_id|Id|sku|slot|variant|experiment|Version)$/;

const utf8Length = (unit: number): number => (unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);

/** The longest start of a text that has at most 32 KiB in UTF-8 (surrogates are counted as three bytes each, which is never too few). */
function clip(text: string): string {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    bytes += utf8Length(text.charCodeAt(i));
    if (bytes > MAX_BYTES) return text.slice(0, i);
  }
  return text;
}

/**
 * An input as JSON, whatever it is: at most 32 KiB of it (what is longer is cut off and then no JSON any more) and 32 levels; texts
 * masked as in events, and values of sensitive fields replaced by what is given for them. Never throws, neither on depth nor on circles, and works no longer than its output is long.
 */
export function letterBody(input: unknown, replaced?: Replaced): string {
  const parts: string[] = [];
  let room = MAX_BYTES;
  const put = (text: string): void => {
    parts.push(text);
    room -= text.length;
  };
  const putText = (text: string, masked: boolean, thing = false): void => {
    const start = text.slice(0, MAX_BYTES + 1);
    put(JSON.stringify(masked ? mask(start, thing) : start));
    // So that a text that was cut leaves no JSON that could be taken for the whole.
    if (text.length > MAX_BYTES) room = -1;
  };
  const write = (value: unknown, key: string, depth: number): void => {
    if (typeof value === "string") putText(value, !(depth === 1 && ENVELOPE.includes(key)), THING.test(key));
    else if (typeof value === "number" && isCardNumber(value)) putText(CARD, false);
    else if (value === null || typeof value === "boolean" || Number.isFinite(value)) put(String(value));
    else if (value === undefined) put("null");
    else if (typeof value !== "object")
      put(value === Number.NEGATIVE_INFINITY ? `-${UNHOLDABLE}` : UNHOLDABLE);
    else if (depth >= MAX_DEPTH) put('"…"');
    else if (Array.isArray(value)) writeAll(value, depth);
    else if (value instanceof Date) put(JSON.stringify(value));
    else writeFields(value as Record<string, unknown>, depth);
  };
  const writeAll = (list: readonly unknown[], depth: number): void => {
    put("[");
    for (let i = 0; i < list.length && room >= 0; i++) {
      if (i > 0) put(",");
      write(list[i], "", depth + 1);
    }
    put("]");
  };
  const writeFields = (fields: Readonly<Record<string, unknown>>, depth: number): void => {
    put("{");
    const instead = replaced?.get(fields);
    let first = true;
    for (const key of Object.keys(fields)) {
      if (room < 0) break;
      const value = fields[key];
      if (value === undefined) continue;
      if (!first) put(",");
      first = false;
      putText(key, false);
      put(":");
      if (instead !== undefined && Object.hasOwn(instead, key)) put(JSON.stringify(instead[key]));
      else write(value, key, depth + 1);
    }
    put("}");
  };
  write(input, "", 0);
  // Without what closes it after a cut, which would make JSON again of what is not whole.
  return clip(
    room < 0
      ? parts
          .join("")
          .slice(0, MAX_BYTES)
          .replace(/["}\]]+$/, "")
      : parts.join(""),
  );
}
