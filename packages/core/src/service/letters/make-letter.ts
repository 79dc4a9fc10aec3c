import { SCHEMA_VERSION } from "../../events/types.js";
import type { DeadLetter } from "../../ports/log.js";
import { isFields } from "../../events/check.js";
import type { Refused } from "../door/door.js";
import { letterBody } from "./letter-body.js";
import type { Replaced } from "./letter-fields.js";
import { LETTERS_MS } from "./letter-seals.js";

/** Stands beside the reasons of a letter without a body. */
const NOT_KEPT = {
  path: "",
  code: "ATTUNE_SERVICE_NOT_COVERED",
  message:
    "The content is not kept: no consent covers it. Cure what the other reasons name where the event is made, and send it again.",
} as const;

/** How long an input asks to be kept, ms; null where that is no less than letters are, or is nothing to go by. */
function askedFor(input: unknown): number | null {
  const asked = isFields(input) ? input["retentionMs"] : undefined;
  return typeof asked === "number" && asked > 0 && asked < LETTERS_MS ? asked : null;
}

/** What is kept of an event that was refused, so that it can be looked at, cured and sent again. */
export function deadLetter(
  { input, errors, subject, covered }: Refused,
  at: {
    id: string;
    now: number;
    source: DeadLetter["source"];
    subjects: readonly string[];
    replaced: Replaced | undefined;
  },
): DeadLetter {
  const { site, route } = at.source;
  const asked = askedFor(input);
  const reasons = errors.map(({ path, code, message }) => ({ path, code, message }));
  return {
    id: at.id,
    at: at.now,
    ...(asked !== null && { keptUntil: at.now + asked }),
    body: covered ? letterBody(input, at.replaced) : "",
    reasons: covered ? reasons : [...reasons, NOT_KEPT],
    schemaVersion: SCHEMA_VERSION,
    source: covered ? at.source : { site, route },
    // Who granted nothing is not to be recognised by a letter either: it holds nothing of theirs.
    ...(covered && subject !== null && { subject }),
    ...(covered && at.subjects.length > 0 && { subjects: at.subjects }),
  };
}
