import type { Assignment, Sticky } from "./types.js";

/** What an earlier assignment comes to: it holds; it is of another bucket version or of a variant that is gone, and is made anew; or its visitor takes no part. */
export type Standing =
  | { readonly standing: "kept"; readonly variant: string }
  | { readonly standing: "renewed" | "conflict" | "superseded" };

const RENEWED: Standing = { standing: "renewed" };
const CONFLICT: Standing = { standing: "conflict" };
const SUPERSEDED: Standing = { standing: "superseded" };

/**
 * Which variant of a sticky experiment holds for a visitor who was shown one. The same function in page, server and analysis: what is counted is what was decided.
 *
 * @param isVariant Whether the experiment still has a variant of this name.
 */
export function standingOf(
  { bucketVersion = 0, minBucketVersion = 0, onConflict = "keep-first" }: Sticky,
  { variant, known, bucketVersion: version, conflict }: Assignment,
  isVariant: (variant: string) => boolean,
): Standing {
  if (version < minBucketVersion) return SUPERSEDED;
  if (version !== bucketVersion) return RENEWED;
  if (conflict && onConflict === "exclude") return CONFLICT;
  const first = onConflict === "keep-known" ? (known ?? variant) : variant;
  return isVariant(first) ? { standing: "kept", variant: first } : RENEWED;
}
