import type { ErrorCode } from "./errors.js";

/** One thing that is wrong with an input: where (JSON pointer), what, and how to cure it. Never the offending value. */
export interface Issue {
  path: string;
  code: ErrorCode;
  message: string;
}

export type Result<T, E> = { ok: true; value: T } | { ok: false; error: E };

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const fail = <E>(error: E): { ok: false; error: E } => ({ ok: false, error });

/** Appends a key to a JSON pointer (RFC 6901: `~` and `/` are escaped). */
export function pointer(base: string, key: string | number): string {
  return `${base}/${`${key}`.replace(/~/g, "~0").replace(/\//g, "~1")}`;
}

/** A key of a JSON pointer as it was before it became part of it. */
export const unescaped = (part: string): string => part.replace(/~1/g, "/").replace(/~0/g, "~");
