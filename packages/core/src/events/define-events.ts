import type { Purpose } from "../consent/types.js";
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

export interface EventDefinition {
  /** What it is collected for (default analytics and personalization). */
  purposes?: readonly Purpose[];
  /** Every property the event may carry; others are issues. Absent: any. */
  properties?: Readonly<Record<string, PropertyType>>;
}

export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

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

type PropertiesFrom<P extends Readonly<Record<string, PropertyType>>> = {
  [K in keyof P as Optional<P[K]> extends true ? never : K]: TypeOf<P[K]>;
} & { [K in keyof P as Optional<P[K]> extends true ? K : never]?: TypeOf<P[K]> };

/** The properties that a defined event takes. */
export type EventProperties<D extends EventDefinition> = D extends {
  properties: infer P extends Readonly<Record<string, PropertyType>>;
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

function checkProperties(
  schema: EventDefinition["properties"],
  given: Readonly<Record<string, unknown>>,
): Issue[] {
  if (!schema) return [];
  const issues: Issue[] = [];
  const report = (key: string, message: string): void => {
    issues.push({ path: pointer("/properties", key), code: "ATTUNE_EVENTS_PROPERTY", message });
  };
  for (const [key, type] of Object.entries(schema)) {
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
