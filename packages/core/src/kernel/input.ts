import { AttuneError } from "./errors.js";
import type { ErrorCode } from "./errors.js";

/** Goes on where the input holds. */
export type RequireInput = (holds: boolean, path: string, message: string) => asserts holds;

/** Throws an AttuneError of this code, at `path`, for input that does not hold. */
export const inputCheck =
  (code: ErrorCode): RequireInput =>
  (holds, path, message) => {
    if (!holds) throw new AttuneError(code, message, { path });
  };
