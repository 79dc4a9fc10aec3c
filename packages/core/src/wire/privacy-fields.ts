import { type Fields, isFields } from "../events/check.js";
import { pointer } from "../kernel/result.js";

/** What may stand in an event of a consent level. */
export interface FieldRules {
  /** Whether texts may be of any kind; otherwise only those that name things of a shop or a place of the site. */
  texts: boolean;
  /** Whether addresses keep the query that campaigns stand in. */
  campaign: boolean;
  /** Whether measures of the device may stay, which tell devices apart. */
  measures: boolean;
}

/** Names of things; whatever else is called an id, or like something of a person, names one. */
const THINGS: ReadonlySet<string> = new Set([
  "product_id",
  "productid",
  "category_id",
  "categoryid",
  "list_id",
  "listid",
  "sku",
]);
/** Texts that are no free ones, beside {@link THINGS}. */
const PLAIN_TEXTS: ReadonlySet<string> = new Set([
  "timestamp",
  "url",
  "path",
  "referrer",
  "category",
  "brand",
  "currency",
  "variant",
  "slot",
  "experiment",
]);
const MEASURES: ReadonlySet<string> = new Set(["viewport", "performance", "screen", "position"]);
const ADDRESSES: ReadonlySet<string> = new Set(["url", "path", "referrer"]);
/** Also in the plural, numbered, and run together with what it is one of: `emails`, `phone2`, `userid`. */
const PERSONAL =
  /^(?:ids?|(?:uuid|guid|fingerprint|cookie|session|user|username|visitor|anonymous|customer|client|account|member|person|patient|name|firstname|lastname|fullname|nickname|surname|e?mail|phone|mobile|tel|fax|address|street|zip|postcode|postal|city|birth|birthday|birthdate|dob|age|gender|ip|ipv|lat|lng|lon|latitude|longitude|geo|location|device|agent|useragent|idfa|gaid|gclid|fbclid|msclkid|token|order|transaction|cart|checkout|payment|card|iban|trait)(?:e?s|ids?|numbers?|address(?:es)?)?)\d*$/;

/** The words of a key, whichever way it is written: `userId`, `user_id`, `user-id`. */
const wordsOf = (key: string): string[] =>
  key
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/);

const isPersonal = (key: string): boolean =>
  !THINGS.has(key.toLowerCase()) && wordsOf(key).some((word) => PERSONAL.test(word));

const withoutQuery = (address: string): string => address.split(/[?#]/, 1)[0] as string;

/** Deeper than any event that the server takes. */
const MAX_DEPTH = 8;

/**
 * The data of an event as far as the rules let it stand, at any depth, and the JSON pointers of what was left out. What names a person, a
 * device or a purchase is never let stand, under whatever rules.
 */
export function allowedFields(data: Fields, rules: FieldRules): { data: Fields; dropped: string[] } {
  const dropped: string[] = [];

  function walk(value: unknown, key: string, path: string, depth: number): unknown {
    if (isPersonal(key) || depth > MAX_DEPTH || (!rules.measures && MEASURES.has(key))) return drop(path);
    if (typeof value === "string") return text(value, key, path);
    if (Array.isArray(value))
      return value.flatMap((item: unknown, i) => walk(item, key, pointer(path, i), depth + 1) ?? []);
    if (isFields(value)) return members(value, path, depth + 1);
    return value;
  }
  function text(value: string, key: string, path: string): unknown {
    const known = PLAIN_TEXTS.has(key) || THINGS.has(key.toLowerCase());
    if (!known && !rules.texts) return drop(path);
    return ADDRESSES.has(key) && !rules.campaign ? withoutQuery(value) : value;
  }
  function members(given: Fields, path: string, depth: number): Fields {
    const kept = Object.entries(given).map(([key, value]) => [
      key,
      walk(value, key, pointer(path, key), depth),
    ]);
    return Object.fromEntries(kept.filter(([, value]) => value !== undefined)) as Fields;
  }
  function drop(path: string): undefined {
    dropped.push(path);
    return undefined;
  }

  return { data: members(data, "", 0), dropped };
}
