import type { Attributes } from "./types.js";

/** An own property, or null; never anything inherited, so no attribute name reaches a prototype. */
export const own = (target: unknown, key: string): unknown =>
  typeof target === "object" && target !== null && Object.hasOwn(target, key)
    ? (target as Attributes)[key]
    : null;

/** A reader of a dotted path; null where any part of it is missing. */
export function reader(path: string): (target: unknown) => unknown {
  const keys = path.split(".");
  return (target) => keys.reduce(own, target);
}
