import * as v from "valibot";
import type { Issue, Result } from "../kernel/result.js";
import { parseWith } from "./parse.js";
import { meaning, visitorIdSchema } from "./schemas.js";

const CODE = "ATTUNE_WIRE_HANDOVER";
const MAX_ORIGIN = 512;
const MAX_TOKEN = 1024;

const short = (most: number) =>
  v.pipe(
    v.string(),
    v.check((text) => text !== "" && text.length <= most, `This must have 1 to ${most} characters.`),
    meaning<string>({ minLength: 1, maxLength: most }),
  );

/** For documents; what is taken is said by {@link parseHandoverPost}. */
export const handoverPostSchema = () =>
  v.strictObject({ visitorId: visitorIdSchema(), to: short(MAX_ORIGIN) });

/** For documents; what is taken is said by {@link parseHandoverRedemption}. */
export const handoverRedemptionSchema = () => v.strictObject({ token: short(MAX_TOKEN) });

/** Who is to be handed over, and to which origin: `{ visitorId, to }`. */
export const parseHandoverPost = (input: unknown): Result<{ visitorId: string; to: string }, Issue[]> =>
  parseWith(handoverPostSchema(), input, CODE);

/** What came in the link: `{ token }`. */
export const parseHandoverRedemption = (input: unknown): Result<{ token: string }, Issue[]> =>
  parseWith(handoverRedemptionSchema(), input, CODE);
