import type { Purpose } from "../consent/types.js";
import { AttuneError } from "../kernel/errors.js";
import { pointer, type Issue } from "../kernel/result.js";
import type { EventPurposeSource } from "./names.js";
import type { KnownEventName } from "./types.js";

/** A property's type: a JSON type, or a list of the texts it may be; with `?` (or an `undefined` in the list) it may be left out. */
export type PropertyType =
  | "string"
  | "number"
  | "boolean"
  | "string?"
  | "number?"
  | "boolean?"
  | readonly (string | undefined)[];

/** A property of which more is to be said than its type. */
export interface PropertyDefinition {
  type: PropertyType;
  /** Its value is for nobody but the service's door, which seals it: see {@link sensitiveFields}. */
  sensitive?: boolean;
}

export type EventProperty = PropertyType | PropertyDefinition;

export interface EventDefinition {
  /** What it is collected for (default analytics and personalization). */
  purposes?: readonly Purpose[];
  /** Every property the event may carry; others are issues. Absent: any. */
  properties?: Readonly<Record<string, EventProperty>>;
}

export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

type Bare<P extends EventProperty> = P extends { type: infer T extends PropertyType }
  ? T
  : Extract<P, PropertyType>;

type TypeOf<T extends PropertyType> = T extends readonly (infer V)[]
  ? Exclude<V, undefined>
  : T extends "string" | "string?"
    ? string
    : T extends "number" | "number?"
      ? number
      : boolean;

type Optional<T extends PropertyType> = T extends `${string}?`
  ? true
  : T extends readonly (infer V)[]
    ? undefined extends V
      ? true
      : false
    : false;

type PropertiesFrom<P extends Readonly<Record<string, EventProperty>>> = {
  [K in keyof P as Optional<Bare<P[K]>> extends true ? never : K]: TypeOf<Bare<P[K]>>;
} & { [K in keyof P as Optional<Bare<P[K]>> extends true ? K : never]?: TypeOf<Bare<P[K]>> };

/** The properties that a defined event takes. */
export type EventProperties<D extends EventDefinition> = D extends {
  properties: infer P extends Readonly<Record<string, EventProperty>>;
}
  ? PropertiesFrom<P>
  : Record<string, unknown>;

/** What stands behind an event's name: its properties, which may be left out where none is needed. */
type Arguments<D extends EventDefinitions, N> = N extends keyof D
  ? Record<never, never> extends EventProperties<D[N]>
    ? [properties?: EventProperties<D[N]>]
    : [properties: EventProperties<D[N]>]
  : [properties?: Record<string, unknown>];

/**
 * `track` that knows the defined events, and beside them the names that the library knows (`Product Viewed`, …):
 * `const track: TypedTrack<typeof events> = attune.track`. Where both have a name, the definition holds.
 */
export type TypedTrack<C extends EventCatalogue, R = Promise<unknown>> = <
  N extends (keyof C["definitions"] & string) | KnownEventName,
>(
  name: N,
  ...properties: Arguments<C["definitions"], N>
) => R;

export interface EventCatalogue<D extends EventDefinitions = EventDefinitions> extends EventPurposeSource {
  readonly definitions: D;
  /** What is wrong with the properties of a defined event; nothing is known of others. */
  check(name: string, properties: Readonly<Record<string, unknown>>): Issue[];
}

/**
 * A host's own events: what each is collected for, and what it carries. The types follow from the definition, so that `track` is
 * checked when the host is compiled; `check` is for those who want it at run time as well. The purposes take effect where the catalogue
 * is handed to the engine: `createAttune({ events: { definitions: events } })`.
 */
export function defineEvents<const D extends EventDefinitions>(definitions: D): EventCatalogue<D> {
  const find = (name: string): EventDefinition | undefined =>
    Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  return {
    definitions,
    purposesOf: (name) => find(name)?.purposes,
    check: (name, properties) => checkProperties(find(name)?.properties, properties),
  };
}

/**
 * What the service is to seal of these events: its option `sensitive`, as in
 * `createPersonalizationService({ …, sensitive: [...sensitiveFields(events), "traits.phone"] })`. The service knows fields by name alone, so a
 * property that one event marks is sealed in every event.
 *
 * @returns `properties.{name}` of each property marked `sensitive`, each once.
 * @throws AttuneError `ATTUNE_EVENTS_SENSITIVE` for a marked property with a dot in its name, which the service could not find.
 */
export function sensitiveFields({ definitions }: Pick<EventCatalogue, "definitions">): readonly string[] {
  const marked = Object.values(definitions).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([key, given]) => (definitionOf(given).sensitive ? [key] : [])),
  );
  const nowhere = marked.find((key) => key === "" || key.includes("."));
  if (nowhere !== undefined)
    throw new AttuneError(
      "ATTUNE_EVENTS_SENSITIVE",
      `"${nowhere}" cannot be sensitive: sealed fields are named by paths with dots. Give the property a name without one.`,
    );
  return [...new Set(marked)].map((key) => `properties.${key}`);
}

const definitionOf = (given: EventProperty): PropertyDefinition =>
  typeof given === "object" && "type" in given ? given : { type: given };

function checkProperties(
  schema: EventDefinition["properties"],
  given: Readonly<Record<string, unknown>>,
): Issue[] {
  if (!schema) return [];
  const issues: Issue[] = [];
  const report = (key: string, message: string): void => {
    issues.push({ path: pointer("/properties", key), code: "ATTUNE_EVENTS_PROPERTY", message });
  };
  for (const [key, property] of Object.entries(schema)) {
    const { type } = definitionOf(property);
    const value = given[key];
    if (typeof type !== "string") {
      if (!type.includes(value as string))
        report(key, `Must be one of ${type.filter((text) => text !== undefined).join(", ")}.`);
    } else if (value === undefined ? !type.endsWith("?") : typeof value !== type.replace("?", "")) {
      report(key, `Must be a ${type.replace("?", "")}${type.endsWith("?") ? " or absent" : ""}.`);
    }
  }
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(schema, key)) report(key, "Not a property of this event; define it or leave it out.");
  }
  return issues;
}
