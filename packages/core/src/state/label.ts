const UNSAFE = /[^ !#-[\]-~\u00a0-\ud7ff]/g;

/**
 * Text as the state keeps it: at most `most` bytes of UTF-8, without characters that JSON would write as escapes or in four bytes, so that
 * its size there is bounded too. Null if nothing is left or it is no text.
 */
export function label(value: unknown, most = 32): string | null {
  if (typeof value !== "string") return null;
  const text = value.slice(0, 99).replace(UNSAFE, "");
  let end = 0;
  for (let room = most; end < text.length; end++) {
    const code = text.charCodeAt(end);
    room -= code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    if (room < 0) break;
  }
  return text.slice(0, end) || null;
}

/** A positive number up to a limit; 0 for anything else. */
export const positive = (value: unknown, limit = 1e9): number =>
  typeof value === "number" && value > 0 ? Math.min(value, limit) : 0;
