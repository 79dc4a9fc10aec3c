import { reader } from "../targeting/path.js";
import { hasher } from "./hash.js";
import type { DecisionVisitor, Draw } from "./types.js";

/** The name by which a draw asks for the visitor's id. */
const VISITOR_ID = "visitorId";

type Read = (visitor: DecisionVisitor) => unknown;

function readerOf(path: string): Read {
  const read = reader(path);
  return path === VISITOR_ID
    ? ({ attributes, id }) => read(attributes) ?? id
    : ({ attributes }) => read(attributes);
}

/**
 * Where a visitor falls by a draw, in [0, 1); −1 where there is nothing to hash.
 *
 * @param name Seeds the hash where no seed is given.
 * @throws RangeError for a version of the hash that there is not
 */
export function drawOf(
  { seed, hashVersion = 2, hashAttribute, fallbackAttribute }: Draw,
  name: string,
): (visitor: DecisionVisitor) => number {
  const hash = hasher(seed ?? name, hashVersion);
  if (!hash) throw new RangeError("hashVersion");
  const first: Read = hashAttribute === undefined ? ({ id }) => id : readerOf(hashAttribute);
  const second = fallbackAttribute === undefined ? null : readerOf(fallbackAttribute);
  return (visitor) => {
    const identity = first(visitor) || second?.(visitor);
    if (!identity) return -1;
    return hash(typeof identity === "string" ? identity : JSON.stringify(identity));
  };
}
