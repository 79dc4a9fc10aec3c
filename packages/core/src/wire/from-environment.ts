import { isObject } from "../kernel/json.js";
import { fail, type Issue, ok, pointer, type Result } from "../kernel/result.js";

const CODE = "ATTUNE_WIRE_CONFIG";

/** The variable that a value names, where it is exactly `{ "env": "NAME" }`. */
function variableOf(value: unknown): string | null {
  if (!isObject(value) || Object.keys(value).length !== 1) return null;
  return typeof value.env === "string" && value.env !== "" ? value.env : null;
}

/**
 * Puts the environment's values where `{ "env": "NAME" }` stands, however deep: so that a configuration can be shown to anybody. Variables
 * that are missing are all named at once; no value stands in an issue.
 */
export function fromEnvironment(
  input: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): Result<unknown, Issue[]> {
  const issues: Issue[] = [];
  const walk = (value: unknown, path: string): unknown => {
    const variable = variableOf(value);
    if (variable !== null) {
      const found = environment[variable];
      if (found !== undefined && found !== "") return found;
      issues.push({ path, code: CODE, message: `Set the environment variable ${variable}; it is empty.` });
      return undefined;
    }
    if (Array.isArray(value)) return value.map((each, i) => walk(each, pointer(path, i)));
    if (!isObject(value)) return value;
    const members = Object.entries(value).map(([key, member]): [string, unknown] => [
      key,
      walk(member, pointer(path, key)),
    ]);
    return Object.fromEntries(members);
  };
  const value = walk(input, "");
  return issues.length === 0 ? ok(value) : fail(issues);
}
