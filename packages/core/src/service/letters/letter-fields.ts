import { RENAMED } from "../../events/behavioural-event.js";
import { isFields } from "../../events/check.js";
import { pathOf, type SealedValue } from "../../events/sealed.js";
import { isAttuneError } from "../../kernel/errors.js";
import type { DeadLetter } from "../../ports/log.js";
import { createOpener, type FieldSeals, type Owner, replaceSealed } from "../door/field-seals.js";
import type { SubjectKeys } from "../log/subject-keys.js";

/** What stands in place of values of an input, by the object that holds them and their key there. */
export type Replaced = ReadonlyMap<object, Readonly<Record<string, SealedValue>>>;

/** Longer ones are not kept: a letter's whole body is no longer. */
const MAX_TEXT = 32 * 1024;

/** Where a sensitive field may stand in what was sent, whatever shape that was meant to have. */
function wirePaths(field: string): (readonly string[])[] {
  const path = pathOf(field);
  const [first = "", ...rest] = path;
  const older = Object.entries(RENAMED).flatMap(([wire, name]) =>
    name === first ? [["eventData", wire, ...rest]] : [],
  );
  const interaction = first === "interaction" ? [["interactionContext", ...rest]] : [];
  return [["properties", ...path], ["eventData", ...path], path, ...older, ...interaction];
}

/** Where something in an input stands in the properties of the event that it is to become. */
function propertyPath([root = "", ...rest]: readonly string[]): readonly string[] {
  if (root === "properties") return rest;
  if (root === "interactionContext") return ["interaction", ...rest];
  if (root !== "eventData") return [root, ...rest];
  const [first = "", ...below] = rest;
  return [Object.hasOwn(RENAMED, first) ? (RENAMED[first] as string) : first, ...below];
}

interface Found {
  holder: object;
  key: string;
  value: unknown;
  /** How far it is the field's own place; less where a list came first. */
  depth: number;
}

function find(input: unknown, path: readonly string[]): Found | null {
  let holder = input;
  for (const [depth, key] of path.entries()) {
    if (!isFields(holder) || !Object.hasOwn(holder, key)) return null;
    const value = holder[key];
    if (value === undefined || value === null) return null;
    if (depth === path.length - 1 || Array.isArray(value)) return { holder, key, value, depth };
    holder = value;
  }
  return null;
}

/** JSON of whatever it is; null where it has none, or too much. */
function textOf(value: unknown): string | null {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined || text.length > MAX_TEXT ? null : text;
  } catch {
    return null;
  }
}

/** The sensitive fields of an input that was refused, sealed for the one whom it seems to be about. */
export async function sealInput(seals: FieldSeals, input: unknown, owner: Owner | null): Promise<Replaced> {
  const replaced = new Map<object, Record<string, SealedValue>>();
  for (const field of seals.fields) {
    for (const path of wirePaths(field)) {
      const found = find(input, path);
      if (found === null) continue;
      const text = textOf(found.value);
      const place = propertyPath(path.slice(0, found.depth + 1));
      const name = place[0] === "traits" ? place.join(".") : ["properties", ...place].join(".");
      const mine = replaced.get(found.holder) ?? {};
      mine[found.key] = await seals.seal(text === null ? null : owner, name, text ?? "");
      replaced.set(found.holder, mine);
    }
  }
  return replaced;
}

/** A letter's body as it was sent; where a value cannot be opened (any more) it stays sealed, and the letter will be refused again. */
export async function openInput(
  keys: SubjectKeys | null,
  letter: DeadLetter,
  input: unknown,
): Promise<unknown> {
  const { subject, source } = letter;
  if (subject === undefined) return input;
  const opener = createOpener(keys, { site: source.site, visitor: subject });
  return replaceSealed(input, async (sealed, path) => {
    try {
      return await opener.open(sealed, propertyPath(path));
    } catch (error) {
      if (isAttuneError(error)) return sealed;
      throw error;
    }
  });
}

/** The letter with its sensitive fields opened, for the subject itself. */
export async function openedLetter(keys: SubjectKeys | null, letter: DeadLetter): Promise<DeadLetter> {
  if (!letter.body.includes('"$sealed"')) return letter;
  let input: unknown;
  try {
    input = JSON.parse(letter.body);
  } catch {
    return letter;
  }
  return { ...letter, body: JSON.stringify(await openInput(keys, letter, input)) };
}
