import { SEALED_KEY } from "../../events/sealed.js";
import type { Event } from "../../events/types.js";
import { fnv1a32 } from "../../kernel/hash.js";

const MULTIPLIER = 0x85ebca6b;

function walk(value: unknown, seed: number): number {
  switch (typeof value) {
    case "string":
      return fnv1a32(value, seed ^ 0x51ed270b);
    case "number":
      return (value | 0) === value
        ? Math.imul(seed ^ value, MULTIPLIER)
        : fnv1a32(String(value), seed ^ 0x2545f491);
    case "object":
      if (value === null) return Math.imul(seed ^ 7, MULTIPLIER);
      return Array.isArray(value) ? items(value, seed) : members(value, seed);
    default:
      return Math.imul(seed ^ (value === true ? 3 : 5), MULTIPLIER);
  }
}

function items(list: readonly unknown[], seed: number): number {
  let hash = Math.imul(seed ^ 11, MULTIPLIER);
  for (let i = 0; i < list.length; i++) hash = walk(list[i], hash);
  return hash;
}

const spread = (mixed: number): number => {
  const hash = Math.imul(mixed ^ (mixed >>> 16), MULTIPLIER);
  return hash ^ (hash >>> 13);
};

/** Members are mixed one by one and added up, so that their order does not matter. */
function sumOf(value: object, seed: number, leftOut: readonly string[]): number {
  let sum = 0;
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined && !leftOut.includes(key))
      sum = (sum + spread(walk(member, fnv1a32(key, seed)))) | 0;
  }
  return sum;
}

const finish = (sum: number, seed: number): number => Math.imul(seed ^ sum, 0x01000193);

const members = (value: object, seed: number, leftOut: readonly string[] = ALL): number =>
  finish(sumOf(value, seed, leftOut), seed);

/** What is sealed has another text each time, and a hash in the clear must tell nothing of it. */
const ALL: readonly string[] = [SEALED_KEY];
const BY_DELIVERY: readonly string[] = ["country", "campaign"];
const SEED = 0x811c9dc5;

/**
 * 32 bits that tell two bodies of the same event id apart, whatever the order of their keys. Left out is what may differ between
 * deliveries of the very same event: times (corrected for the clock of each delivery), the country (the request's), consent and what is
 * reduced by it, and what is sealed: of two bodies that differ in a sensitive value alone the first holds, and no conflict is told. It is only ever compared between events of one id, so a conflict goes unnoticed once in 2^32; not for security.
 */
export function bodyHash({ name, properties, context, sessionId, userId, deviceId, seq }: Event): number {
  const around = spread(members(context, fnv1a32("context", SEED), BY_DELIVERY));
  const rest = sumOf({ name, properties, sessionId, userId, deviceId, seq }, SEED, ALL);
  return finish((rest + around) | 0, SEED) >>> 0;
}
