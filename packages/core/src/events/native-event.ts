import { isObject } from "../kernel/json.js";
import { isFields, report, type Check, type Fields } from "./check.js";
import type { Draft, ParseContext } from "./draft.js";
import { MAX_ID, readId, readName, readNumber, readText, readTime, readVisitorId } from "./fields.js";
import { readConsent } from "./parse-consent.js";
import { cleanField, hasRoom } from "./sanitise.js";
import { sameJson, type SharedParts } from "./shared.js";
import { SCHEMA_VERSION, type DeviceType, type Event, type EventContext } from "./types.js";

/** A derived visitor id has a prefix of two. */
const MAX_VISITOR = MAX_ID + 2;
const TEXTS: readonly (readonly ["page" | "campaign" | "element", readonly string[]])[] = [
  ["page", ["url", "path", "referrer", "title"]],
  ["campaign", ["source", "medium", "name", "term", "content"]],
  ["element", ["tag", "id", "name", "className", "text"]],
];
const TIME_KEYS = ["occurredAt"] as const;

/** Reads the library's own envelope. */
export function readNative(check: Check, input: Fields, context: ParseContext): Draft {
  const version = input["schemaVersion"];
  if (version !== undefined && version !== SCHEMA_VERSION) {
    report(check, "RANGE", `Must be ${SCHEMA_VERSION}, the version that this server knows.`, "schemaVersion");
  }
  const name = readName(check, input, "name");
  return {
    id: readId(check, input, "id"),
    name,
    visitorId:
      readVisitorId(check, input, "visitorId", MAX_VISITOR) ?? readVisitorId(check, input, "anonymousId"),
    sessionId: readId(check, input, "sessionId"),
    deviceId: readId(check, input, "deviceId"),
    userId: readId(check, input, "userId"),
    seq: readNumber(check, input, "seq", [0, Number.MAX_SAFE_INTEGER]),
    occurredAt: readTime(check, input, "occurredAt"),
    sentAt: readTime(check, input, "sentAt"),
    tzOffset: readNumber(check, input, "tzOffset", [-1440, 1440]),
    properties: readProperties(check, input, name, context),
    context: sharedContext(check, input, context),
    consent: readConsent(check, input, context),
    timeKeys: TIME_KEYS,
  };
}

function readProperties(
  check: Check,
  input: Fields,
  name: string,
  { shared }: ParseContext,
): Event["properties"] {
  const given = input["properties"];
  const keys = shared?.ordinaryKeys !== undefined && isFields(given) ? shared.ordinaryKeys(name, given) : -1;
  if (shared) shared.wasOrdinary = keys >= 0;
  if (keys < 0) return cleanField(check, input, "properties");
  check.keys += keys;
  return given as Event["properties"];
}

/** The context of the event before, where this one's is the same and nothing was wrong with it. */
function sharedContext(check: Check, input: Fields, { shared }: ParseContext): EventContext {
  if (!shared) return readContext(check, input);
  const given = input["context"];
  const { context: known } = shared;
  if (known && sameJson(given, known.given) && hasRoom(check, known)) {
    check.keys += known.keys;
    check.items += known.items;
    return known.read;
  }
  const { keys, items } = check;
  const before = check.issues.length;
  const read = readContext(check, input, shared);
  if (check.issues.length === before)
    shared.context = { given, read, keys: check.keys - keys, items: check.items - items };
  return read;
}

/** The context as JSON, with the fields that the library reads being what it takes them for. */
function readContext(check: Check, input: Fields, shared?: SharedParts): EventContext {
  const context = cleanField(check, input, "context", shared) as Fields;
  check.stack.push("context");
  for (const [part, keys] of TEXTS) {
    const fields = readPart(check, context, part);
    if (!fields) continue;
    check.stack.push(part);
    for (const key of keys) if (fields[key] !== undefined) readText(check, fields, key);
    check.stack.pop();
  }
  const viewport = readPart(check, context, "viewport");
  if (viewport && !(typeof viewport["width"] === "number" && typeof viewport["height"] === "number")) {
    report(check, "TYPE", "Must have a `width` and a `height`, both numbers.", "viewport");
  }
  readText(check, context, "language");
  readText(check, context, "country");
  const type = readPart(check, context, "device")?.["type"];
  check.stack.pop();
  return type === undefined || isDeviceType(type)
    ? (context as EventContext)
    : { ...context, device: { ...(context["device"] as Fields), type: "other" } };
}

function readPart(check: Check, context: Fields, part: string): Fields | null {
  const value = context[part];
  if (value === undefined || value === null) return null;
  if (isObject(value)) return value;
  report(check, "TYPE", "Must be an object.", part);
  return null;
}

export const isDeviceType = (type: unknown): type is DeviceType =>
  type === "desktop" || type === "mobile" || type === "tablet" || type === "other";
