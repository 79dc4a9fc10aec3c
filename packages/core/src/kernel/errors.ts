/** Stable across realms and bundled copies, which `instanceof` is not. */
const BRAND = Symbol.for("attune.error");

/** `ATTUNE_<ROOM>_<WHAT>`; the same string stands in exceptions, results and the `type` of problem+json. */
export type ErrorCode = `ATTUNE_${string}`;

export interface AttuneErrorOptions {
  /** JSON pointer of the offending part of the input, where there is one. */
  path?: string;
  cause?: unknown;
}

/**
 * The one error class. The message says what is wrong and how to cure it, and never carries personal data.
 */
export class AttuneError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;

  constructor(code: ErrorCode, message: string, options: AttuneErrorOptions = {}) {
    super(message, options);
    this.name = "AttuneError";
    this.code = code;
    this.path = options.path;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether a caught value is an {@link AttuneError}, of this copy of the library or of another. */
export function isAttuneError(value: unknown): value is AttuneError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}
