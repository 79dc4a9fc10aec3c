import { createHash } from "node:crypto";

/** Whether a list of ETags (RFC 9110 §13.1), or `*`, names this one. Compared weakly: a compressed answer's ETag is weak. */
export const namesEtag = (header: string | null, etag: string): boolean =>
  header?.split(",").some((part) => ["*", etag].includes(part.trim().replace(/^W\//, ""))) ?? false;

/** Of a text: the same for the same text. */
export const etagOf = (text: string): string =>
  `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
