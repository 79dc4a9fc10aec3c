import type { Issue, Result } from "@attune/core";
import * as v from "valibot";
import { issueOf } from "../replay/validate-mapping.js";
import type { AnalysisMapping } from "./mapping.js";

const name = v.pipe(v.string(), v.minLength(1, "must not be empty"));
const share = v.pipe(v.number(), v.gtValue(0, "must be above 0"), v.ltValue(1, "must be below 1"));
const least = v.pipe(v.number(), v.minValue(0, "must be 0 or more"));

const metric = v.strictObject({
  type: v.optional(
    v.picklist(
      ["proportion", "mean", "revenue", "count", "ratio"],
      "must be proportion, mean, revenue, count or ratio",
    ),
  ),
  column: name,
  denominator: v.optional(name),
  before: v.optional(name),
  squares: v.optional(name),
  buyers: v.optional(name),
  role: v.optional(
    v.picklist(["primary", "secondary", "guardrail"], "must be primary, secondary or guardrail"),
  ),
  direction: v.optional(v.picklist(["increase", "decrease"], "must be increase or decrease")),
  margin: v.optional(least),
  winsorise: v.optional(share),
});

const schema = v.strictObject({
  description: v.optional(v.string()),
  format: v.optional(v.picklist(["csv", "ndjson"], "must be csv or ndjson")),
  columns: v.optional(v.array(name)),
  delimiter: v.optional(v.pipe(v.string(), v.length(1, "must be one character"))),
  variant: name,
  control: v.optional(name),
  weights: v.optional(v.record(name, least)),
  removed: v.optional(v.array(name)),
  user: v.optional(name),
  duplicates: v.optional(v.picklist(["first", "sum"], "must be first or sum")),
  units: v.optional(name),
  stages: v.optional(
    v.strictObject({
      assigned: v.optional(name),
      rendered: v.optional(name),
      delivered: v.optional(name),
    }),
  ),
  metrics: v.pipe(
    v.record(name, metric),
    v.check((metrics) => Object.keys(metrics).length > 0, "must have at least one metric"),
  ),
  dimensions: v.optional(v.array(name)),
  time: v.optional(name),
  days: v.optional(least),
  level: v.optional(share),
  caring: v.optional(least),
  planned: v.optional(v.pipe(v.number(), v.gtValue(0, "must be above 0"))),
});

const CODE = "ATTUNE_ANALYZE_MAPPING";

/** A mapping as its file says it; issues name the place and the cure. */
export function validateAnalysisMapping(json: unknown): Result<AnalysisMapping, Issue[]> {
  const parsed = v.safeParse(schema, json);
  if (!parsed.success)
    return { ok: false, error: parsed.issues.map((issue) => ({ ...issueOf(issue), code: CODE })) };
  const mapping = parsed.output as AnalysisMapping;
  const issues = Object.entries(mapping.metrics).flatMap(([key, given]): Issue[] => {
    const message = problemOf(given, mapping.units !== undefined);
    return message === null ? [] : [{ path: `/metrics/${key}`, code: CODE, message }];
  });
  return issues.length > 0 ? { ok: false, error: issues } : { ok: true, value: mapping };
}

function problemOf(
  { type, denominator, before, squares, buyers, winsorise }: AnalysisMapping["metrics"][string],
  isCounts: boolean,
): string | null {
  if (type === "ratio" && denominator === undefined) return "a ratio needs a denominator";
  if (denominator !== undefined && type !== undefined && type !== "ratio")
    return "only a ratio has a denominator";
  if (isCounts) {
    if (denominator !== undefined || type === "ratio")
      return "ratios need a row for each user, since sums alone do not tell how they vary";
    if (before !== undefined || winsorise !== undefined)
      return "before and winsorise need a row for each user";
    if ((type === "mean" || type === "revenue") && squares === undefined)
      return "name the column of the sum of squares (squares): sums alone do not tell how values vary";
    if (type === "revenue" && buyers === undefined) return "name the column of how many bought (buyers)";
    return null;
  }
  if (squares !== undefined || buyers !== undefined)
    return "squares and buyers are for files of counts, which name a units column";
  if (before !== undefined && denominator !== undefined) return "a ratio cannot have a past (before)";
  return null;
}

/** The columns that a mapping reads, by where it names them. */
export function columnsOfAnalysis(mapping: AnalysisMapping): Map<string, string> {
  const used = new Map<string, string>();
  const add = (column: string | undefined, path: string): void => {
    if (column !== undefined && !used.has(column)) used.set(column, path);
  };
  for (const key of ["variant", "user", "units", "time"] as const) add(mapping[key], `/${key}`);
  for (const [stage, column] of Object.entries(mapping.stages ?? {})) add(column, `/stages/${stage}`);
  for (const [key, metric] of Object.entries(mapping.metrics))
    for (const part of ["column", "denominator", "before", "squares", "buyers"] as const)
      add(metric[part], `/metrics/${key}/${part}`);
  for (const [i, column] of (mapping.dimensions ?? []).entries()) add(column, `/dimensions/${i}`);
  return used;
}
