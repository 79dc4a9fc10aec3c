import * as v from "valibot";
import type { ErrorCode } from "../kernel/errors.js";
import { fail, type Issue, ok, pointer, type Result } from "../kernel/result.js";

/** Schema messages of this project are sentences with a cure; what valibot says by itself may quote the value, so it is replaced. */
function message(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === "validation" || issue.expected === null) return issue.message;
  if (issue.expected === "never") return "This key is not known here; remove it.";
  return issue.received === "undefined"
    ? `This is missing; it must be ${issue.expected}.`
    : `This must be ${issue.expected}.`;
}

const path = (issue: v.BaseIssue<unknown>): string =>
  (issue.path ?? []).reduce((at, { key }) => pointer(at, typeof key === "number" ? key : String(key)), "");

/** Validates by a schema; issues carry JSON pointers and never the value. */
export function parseWith<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  code: ErrorCode,
): Result<v.InferOutput<S>, Issue[]> {
  const result = v.safeParse(schema, input);
  if (result.success) return ok(result.output);
  return fail(result.issues.map((issue) => ({ path: path(issue), code, message: message(issue) })));
}
