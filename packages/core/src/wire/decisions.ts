import * as v from "valibot";
import type { Issue, Result } from "../kernel/result.js";
import { parseWith } from "./parse.js";
import { grantsSchema, idSchema, meaning, noList, visitorIdSchema } from "./schemas.js";
import type { DecisionsPost } from "./types.js";

const MAX_SLOTS = 200;

const visitor = () =>
  v.union(
    [
      v.pipe(
        visitorIdSchema(),
        v.transform((id): DecisionsPost["visitor"] => ({ id })),
      ),
      v.pipe(
        v.strictObject({
          id: v.nullable(visitorIdSchema()),
          userId: v.optional(v.nullable(idSchema())),
          consent: v.optional(v.nullable(grantsSchema())),
        }),
        v.transform(({ id, userId, consent }): DecisionsPost["visitor"] => ({
          id,
          ...(userId !== undefined && { userId }),
          ...(consent !== undefined && { consent }),
        })),
      ),
    ],
    "This must be a visitor id of 1 to 256 characters that does not begin with `u:` or `s:`, or { id, userId?, consent? }.",
  );

/** Before it is read: what a client sends. */
export const decisionsPostSchema = () =>
  v.pipe(
    v.strictObject({
      visitor: visitor(),
      slots: v.optional(
        v.pipe(
          v.array(v.string()),
          v.check((slots) => slots.length <= MAX_SLOTS, `Ask for at most ${MAX_SLOTS} slots at once.`),
          meaning<string[]>({ maxItems: MAX_SLOTS }),
        ),
      ),
      context: v.optional(
        v.pipe(
          noList(v.record(v.string(), v.unknown())),
          v.check(
            (context) => !("site" in context),
            "The site is that of the credential; remove `site` here.",
          ),
          meaning<Record<string, unknown>>({ not: { required: ["site"] } }),
        ),
        {},
      ),
    }),
    v.transform(
      ({ visitor: about, slots, context }): DecisionsPost => ({
        visitor: about,
        context,
        ...(slots !== undefined && { slots }),
      }),
    ),
  );

/** The body of a request for decisions: `{ visitor, slots?, context? }`. */
export function parseDecisionsPost(input: unknown): Result<DecisionsPost, Issue[]> {
  return parseWith(decisionsPostSchema(), input, "ATTUNE_WIRE_DECISIONS");
}
