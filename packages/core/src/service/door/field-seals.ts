import {
  isSealed,
  SEALED_KEY,
  type SealedValue,
  putBack,
  type TakenValue,
  takeOut,
} from "../../events/sealed.js";
import type { Event } from "../../events/types.js";
import { AttuneError } from "../../kernel/errors.js";
import type { JsonObject } from "../../kernel/json.js";
import type { SealingKey } from "../../privacy/index.js";
import type { Traits } from "../fold/fold-visitor.js";
import type { SubjectKeys } from "../log/subject-keys.js";

/** Whose a value is: what was sealed for one opens for no other. */
export interface Owner {
  site: string;
  /** By pseudonym. */
  visitor: string;
}

const bindingOf = ({ site, visitor }: Owner, field: string): readonly string[] => [
  "field",
  site,
  visitor,
  field,
];

const keyless = (): AttuneError =>
  new AttuneError(
    "ATTUNE_PRIVACY_KEY",
    "Fields are held sealed, and no key provider with wrapping keys was handed in. Give the service the `keys` that it had.",
  );

/** An event at the door, and what was taken out of it. */
export interface TakenEvent {
  event: Event;
  taken: readonly TakenValue[];
}

/** Seals sensitive fields at the door, so that nothing behind it ever sees their values. */
export interface FieldSeals {
  readonly fields: readonly string[];
  takeOut(properties: JsonObject): { rest: JsonObject; taken: TakenValue[] };
  /**
   * Puts what was taken out of them back into events of one site, sealed, each under its visitor's key. The keys of the others last as long as
   * they do, too: a visitor's earlier traits are kept with its latest event. What is an erased visitor's is gone.
   */
  putBack(site: string, events: readonly TakenEvent[]): Promise<void>;
  /** One value, for a dead letter; of nobody (null) or of who was erased it is not kept. */
  seal(owner: Owner | null, field: string, value: string): Promise<SealedValue>;
}

const NOT_KEPT: SealedValue = { [SEALED_KEY]: "" };

export function createFieldSeals(keys: SubjectKeys, fields: readonly string[]): FieldSeals {
  const sealed = async (
    key: SealingKey | null | undefined,
    owner: Owner,
    [field, text]: readonly [string, string],
  ): Promise<SealedValue> =>
    key == null ? NOT_KEPT : { [SEALED_KEY]: await key.seal(text, bindingOf(owner, field)) };

  return {
    fields,
    takeOut: (properties) => takeOut(properties, fields),
    async putBack(site, events) {
      const own = await keys.forSealing(
        site,
        events.map(({ event }) => event.visitorId),
      );
      await Promise.all(
        events.map(async ({ event, taken }, i) => {
          const owner = { site, visitor: event.visitorId };
          for (const { field, value } of taken)
            event.properties = putBack(
              event.properties,
              field,
              await sealed(own[i], owner, [field, JSON.stringify(value)]),
            );
          if (taken.length > 0) event.sealed = taken.map(({ field }) => field);
        }),
      );
    },
    async seal(owner, field, value) {
      if (owner === null) return NOT_KEPT;
      const [key] = await keys.forSealing(owner.site, [owner.visitor]);
      return sealed(key, owner, [field, value]);
    },
  };
}

/** Every sealed value in a structure, by the path of keys that leads to it, replaced by what `open` makes of it. */
export async function replaceSealed(
  value: unknown,
  open: (sealed: SealedValue, path: readonly string[]) => Promise<unknown>,
  path: readonly string[] = [],
): Promise<unknown> {
  if (isSealed(value)) return open(value, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = await Promise.all(
    Object.entries(value).map(
      async ([key, inner]) => [key, await replaceSealed(inner, open, [...path, key])] as const,
    ),
  );
  return Object.fromEntries(entries);
}

/** The name that a field was sealed under, from where it stands in the properties of an event. */
const fieldAt = (path: readonly string[]): string =>
  path[0] === "traits" ? path.join(".") : ["properties", ...path].join(".");

/** Opens what is held of one visitor. What the key is gone of stays as it is: sealed. */
export interface Opener {
  /** @param path Where it stands in the properties of an event. @throws AttuneError `ATTUNE_PRIVACY_SEAL` where it was not sealed as that. */
  open(sealed: SealedValue, path: readonly string[]): Promise<unknown>;
  event(event: Event): Promise<Event>;
  traits(traits: Traits): Promise<Traits>;
}

/**
 * Asks for the visitor's key when the first sealed value is met.
 *
 * @throws AttuneError `ATTUNE_PRIVACY_SEAL` (from its functions) for a value of another site, subject or field, or one that was changed;
 *   `ATTUNE_PRIVACY_KEY` without wrapping keys.
 */
export function createOpener(keys: SubjectKeys | null, owner: Owner): Opener {
  let asked: Promise<(SealingKey | null)[]> | null = null;
  const open: Opener["open"] = async (sealed, path) => {
    if (keys === null) throw keyless();
    asked ??= keys.forOpening(owner.site, [owner.visitor]);
    const [key] = await asked;
    if (key == null || sealed[SEALED_KEY] === "") return sealed;
    return JSON.parse(await key.open(sealed[SEALED_KEY], bindingOf(owner, fieldAt(path)))) as unknown;
  };
  return {
    open,
    async event(event) {
      if (event.sealed === undefined) return event;
      const { sealed: _opened, ...rest } = event;
      return { ...rest, properties: (await replaceSealed(event.properties, open)) as JsonObject };
    },
    traits: async (traits) =>
      (await replaceSealed(traits, (sealed, path) => open(sealed, ["traits", ...path]))) as Traits,
  };
}

/** The traits without those that are sealed, and the names of these. */
export function visibleTraits(traits: Traits): { visible: Traits; sealed: string[] } {
  const sealed: string[] = [];
  const look = (from: Readonly<Record<string, unknown>>, at: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(from).flatMap(([key, value]) => {
        const name = `${at}.${key}`;
        if (isSealed(value)) {
          sealed.push(name);
          return [];
        }
        if (typeof value !== "object" || value === null || Array.isArray(value)) return [[key, value]];
        return [[key, look(value as Record<string, unknown>, name)]];
      }),
    );
  return { visible: look(traits, "traits"), sealed };
}
