import { mask, minimise } from "../events/index.js";
import { type Event, SCHEMA_VERSION } from "../events/types.js";
import { createBoundedCache } from "./bounded-cache.js";

/** For the events of one batch: minimises an event in place. Events of one context share its minimised one. */
export type Minimiser = (event: Event) => Event;

/** Keys of events, of which a site has some hundred. */
const KEYS = 2_000;
const NAMES = 500;
/** Longer key lists are not remembered, so that nobody fills the memory with them. */
const MAX_SHAPE = 64;
/** Texts up to here are cut nowhere. */
const SHORT = 256;
/** Deeper structures are left to the full walk. */
const SHALLOW = 4;
const NOTHING = {};

const mayBeUrl = (text: string): boolean => (text.charCodeAt(0) | 0x20) === 0x68 && /^https?:/i.test(text);

/** Whether minimising leaves a text under this key as it is; what is true of one short word is true of every ordinary one. */
function staysUnder(key: string): boolean {
  const { properties } = minimise({
    id: "",
    schemaVersion: SCHEMA_VERSION,
    site: "",
    visitorId: "",
    sessionId: null,
    deviceId: null,
    userId: null,
    seq: null,
    occurredAt: 0,
    sentAt: null,
    receivedAt: null,
    tzOffset: null,
    name: "",
    properties: { [key]: "x" },
    context: {},
    consent: { purposes: [], policyVersion: null },
  });
  return Object.hasOwn(properties, key) && properties[key] === "x";
}

/**
 * `minimise` for parsed events, with the same result. Most of them are minimal already, since the page has seen to it: to find that out
 * costs less than to do it again. Remembers keys, and for as long as a batch lasts its latest context.
 */
export function createMinimisers(): () => Minimiser {
  const keys = createBoundedCache<boolean>(KEYS);
  /** Of event names: the keys that their properties had last, all of them open. */
  const shapes = createBoundedCache<readonly string[]>(NAMES);

  const isOpen = (key: string): boolean => {
    let open = keys.get(key);
    if (open === undefined) {
      open = staysUnder(key);
      keys.set(key, open);
    }
    return open;
  };

  /** Conservative: false only means that the full walk has to look. */
  function isMinimal(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case "string":
        return value.length <= SHORT && !mayBeUrl(value) && mask(value) === value;
      case "number":
        return Number.isFinite(value);
      case "boolean":
        return true;
      case "object":
        return value === null || (depth < SHALLOW && membersAreMinimal(value, depth + 1));
      default:
        return false;
    }
  }

  function membersAreMinimal(value: object, depth: number): boolean {
    if (Array.isArray(value)) return value.every((item) => isMinimal(item, depth));
    for (const key of Object.keys(value)) {
      if (!isOpen(key) || !isMinimal((value as Record<string, unknown>)[key], depth)) return false;
    }
    return true;
  }

  /** Events of one name mostly have the same keys in the same order. */
  function propertiesAreMinimal({ name, properties }: Event): boolean {
    const shape = shapes.get(name);
    const own = Object.keys(properties);
    let known = shape?.length === own.length;
    for (let i = 0; i < own.length; i++) {
      const key = own[i] as string;
      if (shape?.[i] !== key) {
        if (!isOpen(key)) return false;
        known = false;
      }
      if (!isMinimal(properties[key], 1)) return false;
    }
    if (!known && own.length <= MAX_SHAPE) shapes.set(name, own);
    return true;
  }

  return () => {
    let last: { context: Event["context"]; consent: Event["consent"]; minimal: Event["context"] } | null =
      null;
    return (event) => {
      const { context, consent } = event;
      if (last?.context !== context || last.consent !== consent)
        last = { context, consent, minimal: minimise({ ...event, properties: NOTHING }).context };
      if (!propertiesAreMinimal(event))
        event.properties = minimise({ ...event, context: NOTHING }).properties;
      event.context = last.minimal;
      return event;
    };
  };
}
