import { PURPOSES } from "@attune/core/consent";
import type { Issue, Result } from "@attune/core";
import * as v from "valibot";
import type { Mapping } from "./mapping.js";

const name = v.pipe(v.string(), v.minLength(1, "must not be empty"));
const scalar = v.union([v.string(), v.number(), v.boolean()], "must be a text, a number or true/false");
const entries = {
  column: v.optional(name),
  constant: v.optional(scalar),
  template: v.optional(name),
  type: v.optional(v.picklist(["string", "number", "boolean"], "must be string, number or boolean")),
  map: v.optional(v.record(v.string(), scalar)),
};
const hasOneSource = (given: { column?: unknown; constant?: unknown; template?: unknown }): boolean =>
  [given.column, given.constant, given.template].filter((source) => source !== undefined).length === 1;
const ONE_SOURCE = "give exactly one of column, constant and template";
const value = v.pipe(
  v.strictObject(entries),
  v.check((given) => hasOneSource(given), ONE_SOURCE),
);
const property = v.pipe(
  v.strictObject({ ...entries, onlyFor: v.optional(v.array(name)) }),
  v.check((given) => hasOneSource(given), ONE_SOURCE),
);

const schema = v.strictObject({
  description: v.optional(v.string()),
  format: v.optional(v.picklist(["csv", "ndjson"], "must be csv or ndjson")),
  columns: v.optional(v.array(name)),
  delimiter: v.optional(v.pipe(v.string(), v.length(1, "must be one character"))),
  id: v.union(
    [v.picklist(["hash", "row"]), v.strictObject({ column: name })],
    'must be "hash", "row" or { "column": "…" }',
  ),
  name: value,
  occurredAt: v.strictObject({
    column: name,
    format: v.optional(v.picklist(["auto", "epoch-ms", "epoch-s"], "must be auto, epoch-ms or epoch-s")),
  }),
  visitorId: v.optional(value),
  userId: v.optional(value),
  sessionId: v.optional(value),
  deviceId: v.optional(value),
  properties: v.optional(v.record(name, property)),
  context: v.optional(v.record(name, value)),
  consent: v.array(v.picklist(PURPOSES, `must be one of ${PURPOSES.join(", ")}`)),
});

/** A key inside a JSON pointer (RFC 6901). */
const escaped = (key: string): string => key.replace(/~/g, "~0").replace(/\//g, "~1");

const CODE = "ATTUNE_REPLAY_MAPPING";

/** A mapping as its file says it; issues name the place and the cure. */
export function validateMapping(json: unknown): Result<Mapping, Issue[]> {
  // Before the schema, which would leave such names out without a word.
  const unusable = unusableNames(json);
  if (unusable.length > 0) return { ok: false, error: unusable };
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) return { ok: false, error: parsed.issues.map(issueOf) };
  const mapping = parsed.output as Mapping;
  if (!mapping.visitorId && !mapping.userId && !mapping.sessionId) {
    const message = "name at least one of visitorId, userId and sessionId";
    return { ok: false, error: [{ path: "", code: CODE, message }] };
  }
  const conflicts = conflictingPaths(Object.keys(mapping.context ?? {}));
  if (conflicts.length > 0) return { ok: false, error: conflicts };
  return { ok: true, value: mapping };
}

/** With these an event would be built into the prototype of every object. */
const UNSAFE: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

function unusableNames(json: unknown): Issue[] {
  const issues: Issue[] = [];
  for (const field of ["properties", "context"] as const) {
    const table = (json as Record<string, unknown> | null)?.[field];
    if (typeof table !== "object" || table === null) continue;
    for (const key of Object.keys(table)) {
      const segments = field === "context" ? key.split(".") : [key];
      const path = `/${field}/${escaped(key)}`;
      if (segments.some((segment) => UNSAFE.has(segment))) {
        const message = "__proto__, constructor and prototype cannot be set; choose another name";
        issues.push({ path, code: CODE, message });
      } else if (segments.includes("")) {
        const message = "has an empty part; write names with single dots between them";
        issues.push({ path, code: CODE, message });
      }
    }
  }
  return issues;
}

/** A place in the context is a value or has members, not both. */
function conflictingPaths(paths: readonly string[]): Issue[] {
  const message = "lies below a path that is given a value of its own; remove one of the two";
  return paths
    .filter((path) => paths.some((other) => path.startsWith(`${other}.`)))
    .map((path) => ({ path: `/context/${escaped(path)}`, code: CODE, message }));
}

/** An issue of the schema, in words of a mapping. */
export function issueOf(issue: v.BaseIssue<unknown>): Issue {
  const path = (issue.path ?? []).map((item) => `/${escaped(String(item.key))}`).join("");
  // Own messages start in lower case; the library's own tell of missing and unknown keys and would repeat the value.
  const message = /^[a-z]/.test(issue.message)
    ? issue.message
    : issue.expected === "never"
      ? "is not a key of a mapping; remove it or correct its spelling"
      : issue.received === "undefined"
        ? "is missing"
        : `must be ${issue.expected ?? "another type"}`;
  return { path, code: CODE, message };
}

/** The columns that a mapping reads, for comparing with those of the file. */
export function columnsOf(mapping: Mapping): Map<string, string> {
  const used = new Map<string, string>();
  const add = (given: unknown, path: string): void => {
    if (typeof given !== "object" || given === null) return;
    const { column, template } = given as { column?: unknown; template?: unknown };
    if (typeof column === "string") used.set(column, `${path}/column`);
    if (typeof template === "string")
      for (const [, inner] of template.matchAll(/\{([^}]+)\}/g))
        used.set(inner as string, `${path}/template`);
  };
  for (const key of ["id", "name", "occurredAt", "visitorId", "userId", "sessionId", "deviceId"] as const) {
    add(mapping[key], `/${key}`);
  }
  for (const key of ["properties", "context"] as const) {
    for (const [inner, given] of Object.entries(mapping[key] ?? {})) add(given, `/${key}/${escaped(inner)}`);
  }
  return used;
}
