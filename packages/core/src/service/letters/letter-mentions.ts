/** An identifier as it was given, and whether it may be a user's (else only a visitor's). */
export interface Named {
  id: string;
  isUser: boolean;
  /** Whether one that is telling counts wherever it stands. */
  anywhere: boolean;
}

/** From here on a text of two kinds of characters is taken for nobody else's, wherever it stands. */
const TELLING = 8;
/** From here on one of one kind is, too: below it words and numbers are names of things as well. */
const LONG = 16;

/** Names of fields that hold a visitor's id, then those that hold a user's; in lower case, without dashes and underscores. */
const OF_VISITORS = ["visitorid", "anonymousid", "visitor"];
const OF_USERS = [
  "userid",
  "user",
  "uid",
  "uuid",
  "username",
  "login",
  "email",
  "externalid",
  "customerid",
  "customer",
  "accountid",
  "memberid",
];
/** Fields whose `id` is a person's: each kind's own, and what is known of a user. */
const VISITORS = ["visitor"];
const USERS = ["user", "customer", "account", "member", "person", "profile", "traits"];

const plain = (key: string): string => key.toLowerCase().replace(/[-_]/g, "");

/** Whether a text is as good as certainly one person's: long, and neither a word nor a number. */
export function isTelling(id: string): boolean {
  if (id.length >= LONG) return true;
  const kinds = [/\p{L}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(id));
  return id.length >= TELLING && kinds.length > 1;
}

/** Whether a field of this name, in an object that is the field `parent` of another, says who somebody is. */
function namesSomebody(key: string, parent: string, isUser: boolean): boolean {
  const name = plain(key);
  if (OF_VISITORS.includes(name) || (isUser && OF_USERS.includes(name))) return true;
  return name === "id" && (VISITORS.includes(plain(parent)) || (isUser && USERS.includes(plain(parent))));
}

/** Bodies have at most 32 levels, events in them some more. */
function found(
  value: unknown,
  { id, isUser }: Omit<Named, "anywhere">,
  at: { key: string; parent: string },
): boolean {
  if (typeof value === "string" || typeof value === "number")
    return String(value) === id && namesSomebody(at.key, at.parent, isUser);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => found(item, { id, isUser }, at));
  return Object.entries(value).some(([key, member]) =>
    found(member, { id, isUser }, { key, parent: at.key }),
  );
}

/** The same in a body that was cut off: the field before each place where the identifier stands as a value. */
function foundInText(body: string, { id, isUser }: Named): boolean {
  for (const value of [`":${JSON.stringify(id)}`, `":${id}`]) {
    for (let at = body.indexOf(value); at >= 0; at = body.indexOf(value, at + 1)) {
      const key = body.slice(body.lastIndexOf('"', at - 1) + 1, at);
      const ends = /^[^\w.+-]/.test(body.slice(at + value.length)) || value.endsWith('"');
      if (ends && namesSomebody(key, "", isUser)) return true;
    }
  }
  return false;
}

/**
 * Whether the body of a letter is about whom an identifier names, beyond the envelope, whose pseudonyms say it already. An identifier that is
 * telling counts as one whole text anywhere. Any other one (`1`, `garden`) is also a name of things, so it counts only as the value of a field
 * that names people: else the letters of others would be handed out, or erased.
 */
export function mentions(body: string, named: Named): boolean {
  const text = JSON.stringify(named.id);
  if (!body.includes(text.slice(1, -1))) return false;
  if (named.anywhere && isTelling(named.id)) return body.includes(text);
  try {
    return found(JSON.parse(body), named, { key: "", parent: "" });
  } catch {
    return foundInText(body, named);
  }
}
