import { fail, type Issue, ok, type Result } from "../../kernel/result.js";

const NOT_JSON: Issue = {
  path: "",
  code: "ATTUNE_SERVICE_RULESET_JSON",
  message: "A ruleset is JSON: no circle in it, no bigint, and no number that is not finite.",
};

/**
 * A document as it would be stored, and its own copy: what the caller does to it later changes no decision. What JSON cannot carry is an
 * issue, since it would become something else, or could never be stored.
 */
export function asStored(document: unknown): Result<unknown, Issue[]> {
  const finite = (_key: string, value: unknown): unknown => {
    if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError();
    return value;
  };
  try {
    return ok(JSON.parse(JSON.stringify(document, finite) ?? "null"));
  } catch {
    return fail([NOT_JSON]);
  }
}
