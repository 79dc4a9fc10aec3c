import { isFields, newCheck } from "../../events/check.js";
import { mask, minimise } from "../../events/index.js";
import { isCardNumber } from "../../events/mask.js";
import { cleanField } from "../../events/sanitise.js";
import { type Event, SCHEMA_VERSION } from "../../events/types.js";
import { joinUrl, maskPath, splitUrl } from "../../events/url.js";
import { createBoundedCache } from "../cache/bounded-cache.js";

/** For the events of one batch: minimises an event in place. Events of one context share its minimised one. */
export type Minimiser = (event: Event, isOrdinary: boolean) => Event;

export interface Minimisers {
  forBatch(): Minimiser;
  /**
   * For the parser (`SharedParts.ordinaryKeys`): the number of keys of properties that are flat and hold nothing but numbers, yes and no,
   * and short harmless texts, which nearly all do: one look at each text then stands for cleaning and minimising. Of any others -1.
   */
  ordinaryKeys(name: string, properties: Readonly<Record<string, unknown>>): number;
}

/** Keys of events, of which a site has some hundred. */
const KEYS = 2_000;
const NAMES = 500;
/** Titles, campaigns and the like, and the addresses of pages: those that were met last. */
const TEXTS = 2_000;
/** What is longer than this is not remembered, characters. */
const MAX_ADDRESS = 1024;
/** More keys are not ordinary, so that nobody fills the memory with them. */
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

/** Whether parsing lets a key pass. */
function passes(key: string): boolean {
  const check = newCheck();
  cleanField(check, { properties: { [key]: "x" } }, "properties");
  return check.issues.length === 0;
}

/**
 * Whether there is nothing in a short text to be cleaned or masked. Conservative, in one go: no NUL, no surrogate, no `@`, no `%`, at most six
 * digits, no run of more than 15 letters, digits, dashes and underscores.
 */
function isHarmless(text: string): boolean {
  const { length } = text;
  if (length > SHORT) return false;
  let digits = 0;
  let run = 0;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    const letter = c | 0x20;
    if ((letter > 96 && letter < 123) || c === 45 || c === 95) run++;
    else if (c > 47 && c < 58) {
      run++;
      digits++;
    } else if (c === 0 || c === 64 || c === 37 || (c & 0xf800) === 0xd800) return false;
    else run = 0;
    if (run > 15) return false;
  }
  return digits < 7 && !mayBeUrl(text);
}

/**
 * `minimise` for parsed events, with the same result. Most of them are minimal already, since the page has seen to it: to find that out
 * costs less than to do it again. Remembers keys, texts and addresses that are minimal (never one that is not, which may hold somebody's
 * data), and for as long as a batch lasts its latest context.
 */
export function createMinimisers(): Minimisers {
  const keys = createBoundedCache<{ open: boolean; ordinary: boolean }>(KEYS);
  /** Of event names: the keys that their properties had last, all of them ordinary. */
  const shapes = createBoundedCache<readonly string[]>(NAMES);
  const texts = createBoundedCache<true>(TEXTS);
  /** Of minimal addresses: the path. */
  const paths = createBoundedCache<string>(TEXTS);

  function judge(key: string): { open: boolean; ordinary: boolean } {
    // No event may have a key as long as this. It is not remembered, since refused events could fill the memory with them.
    if (key.length > SHORT) return { open: false, ordinary: false };
    let known = keys.get(key);
    if (known === undefined) {
      const open = staysUnder(key);
      known = { open, ordinary: open && passes(key) };
      keys.set(key, known);
    }
    return known;
  }

  function isMinimalText(text: string): boolean {
    if (text.length > SHORT) return false;
    if (texts.get(text) === true) return true;
    const isMinimal = !mayBeUrl(text) && mask(text) === text;
    if (isMinimal) texts.set(text, true);
    return isMinimal;
  }

  /** The path of an address that minimising leaves as it is; null for any other. */
  function pathOf(address: unknown): string | null {
    if (typeof address !== "string" || address.length > MAX_ADDRESS) return null;
    const known = paths.get(address);
    if (known !== undefined) return known;
    const parts = splitUrl(address);
    const path = maskPath(parts.path);
    if (joinUrl(parts, path) !== address) return null;
    paths.set(address, path);
    return path;
  }

  /** As `isMinimal`. */
  function isMinimalContext(context: Readonly<Record<string, unknown>>): boolean {
    for (const key of Object.keys(context)) {
      const value = context[key];
      const minimal = key === "page" ? isMinimalPage(value) : judge(key).open && isMinimal(value, 0);
      if (!minimal) return false;
    }
    return true;
  }

  function isMinimalPage(page: unknown): boolean {
    if (!isFields(page)) return false;
    const { url, path, referrer } = page;
    if (path !== pathOf(url) || (referrer !== undefined && pathOf(referrer) !== "")) return false;
    for (const key of Object.keys(page)) {
      if (key === "url" || key === "path" || key === "referrer") continue;
      if (!judge(key).open || !isMinimal(page[key], 1)) return false;
    }
    return true;
  }

  /** Conservative: false only means that the full walk has to look. */
  function isMinimal(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case "string":
        return isMinimalText(value);
      case "number":
        return Number.isFinite(value) && !isCardNumber(value);
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
      if (!judge(key).open || !isMinimal((value as Record<string, unknown>)[key], depth)) return false;
    }
    return true;
  }

  const minimalContext = (event: Event): Event["context"] =>
    isMinimalContext(event.context as Readonly<Record<string, unknown>>)
      ? event.context
      : minimise({ ...event, properties: NOTHING }).context;

  return {
    ordinaryKeys(name, properties) {
      // Events of one name mostly have the same keys in the same order.
      const shape = shapes.get(name);
      const own = Object.keys(properties);
      const { length } = own;
      if (length > MAX_SHAPE) return -1;
      let known = shape?.length === length;
      for (let i = 0; i < length; i++) {
        const key = own[i] as string;
        if (shape?.[i] !== key) {
          if (!judge(key).ordinary) return -1;
          known = false;
        }
        const value = properties[key];
        if (typeof value === "string") {
          if (!isHarmless(value)) return -1;
        } else if (typeof value === "number") {
          if (!Number.isFinite(value) || isCardNumber(value)) return -1;
        } else if (typeof value !== "boolean" && value !== null) return -1;
      }
      if (!known) shapes.set(name, own);
      return length;
    },
    forBatch() {
      let last: { context: Event["context"]; consent: Event["consent"]; minimal: Event["context"] } | null =
        null;
      return (event, isOrdinary) => {
        const { properties, context, consent } = event;
        if (last?.context !== context || last.consent !== consent)
          last = { context, consent, minimal: minimalContext(event) };
        if (!isOrdinary && !isMinimal(properties, 0))
          event.properties = minimise({ ...event, context: NOTHING }).properties;
        event.context = last.minimal;
        return event;
      };
    },
  };
}
