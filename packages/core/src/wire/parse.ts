import * as v from "valibot";
import type { ErrorCode } from "../kernel/errors.js";
import { fail, type Issue, ok, pointer, type Result } from "../kernel/result.js";

/** Valibot's names of types, as people say them. */
const WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  Object: "an object",
  Array: "a list",
};

/** For issues whose schema has no message of its own: what valibot says by itself may quote the value. */
function plain({ expected, received, path: keys }: v.BaseIssue<unknown>): string {
  if (expected === "never") return "This key is not known here; remove it.";
  const missing = received === "undefined";
  // Of a key that is not there, valibot expects the key.
  if (missing && expected === JSON.stringify(keys?.at(-1)?.key)) return "This is missing; add it.";
  const kinds = (expected ?? "something else").replace(/[()]/g, "").split(" | ");
  const kind = kinds.map((each) => WORDS[each] ?? each).join(" or ");
  return missing ? `This is missing; it must be ${kind}.` : `This must be ${kind}.`;
}

const path = (issue: v.BaseIssue<unknown>): string =>
  (issue.path ?? []).reduce((at, { key }) => pointer(at, typeof key === "number" ? key : String(key)), "");

/** Validates by a schema; issues carry JSON pointers and never the value. */
export function parseWith<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  code: ErrorCode,
): Result<v.InferOutput<S>, Issue[]> {
  const result = v.safeParse(schema, input, { message: plain });
  if (result.success) return ok(result.output);
  return fail(result.issues.map((issue) => ({ path: path(issue), code, message: issue.message })));
}
