import { AttuneError } from "../kernel/errors.js";

/**
 * When a record or a token ends, in epoch ms; null for never, given as `Infinity` or left out. For adapters, whose engines have a null
 * where they have no infinity.
 *
 * @throws AttuneError `ATTUNE_STORE_EXPIRY` where it is no time.
 */
export function expiryOf(time: number = Number.POSITIVE_INFINITY): number | null {
  if (time === Number.POSITIVE_INFINITY) return null;
  if (Number.isFinite(time)) return time;
  throw new AttuneError(
    "ATTUNE_STORE_EXPIRY",
    "`expiresAt` or `onceTtl` is not a time. Give milliseconds (`expiresAt` since the epoch), `Infinity` for never, or leave it out.",
  );
}
