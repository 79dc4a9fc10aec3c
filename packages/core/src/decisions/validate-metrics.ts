import { isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import type { Groups } from "../targeting/types.js";
import { validateCondition } from "../targeting/validate-condition.js";
import { checkNames, checkShape, LIST, NAME, OBJECT, suggestion, TEXT } from "./report.js";
import type { Kind, Report, Shape } from "./report.js";

/** Each metric of an experiment is some counters per variant. */
const MAX_METRICS = 30;
/** Of each of these every visitor's days are kept. */
const MAX_LOOK_BACK = 8;
/** Each dimension is as many counters more for each of its groups. */
const MAX_DIMENSIONS = 4;
const MAX_VALUES = 12;

const ABOVE_ZERO: Kind = [
  "a number above 0",
  (value) => typeof value === "number" && value > 0 && value < Number.POSITIVE_INFINITY,
];
const MEASURE: Shape = {
  "type!": NAME,
  description: TEXT,
  direction: ["increase or decrease", (value) => value === "increase" || value === "decrease"],
  withinMs: ABOVE_ZERO,
};
const MEASURED: Shape = { "event!": NAME, where: OBJECT };
const SUMMED: Shape = { ...MEASURED, "value!": NAME };
const METRICS: Readonly<Record<string, Shape>> = {
  conversion: { ...MEASURE, ...MEASURED, prior: OBJECT },
  count: { ...MEASURE, ...MEASURED, cap: ABOVE_ZERO, before: OBJECT },
  sum: { ...MEASURE, ...SUMMED, cap: ABOVE_ZERO, before: OBJECT },
  ratio: { ...MEASURE, "numerator!": OBJECT, "denominator!": OBJECT },
};
/** Of less than a hundredth of a visitor the belief is so wide, beside a narrow one, that it takes too long to integrate. */
const WEIGHT: Kind = [
  "a number from 0.01 to a billion",
  (value) => typeof value === "number" && value >= 0.01 && value <= 1e9,
];
const PRIOR: Shape = { "alpha!": WEIGHT, "beta!": WEIGHT };
const MAX_DAYS = 28;
const BEFORE: Shape = {
  "days!": [
    `a whole number from 1 to ${MAX_DAYS}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_DAYS,
  ],
};
const EXPERIMENT: Shape = {
  run: ["a whole number from 1", (value) => Number.isSafeInteger(value) && (value as number) >= 1],
  "primary!": NAME,
  secondary: LIST,
  guardrails: LIST,
  dimensions: OBJECT,
};
const isScalar = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
const DIMENSION: Shape = {
  "attribute!": NAME,
  "values!": [
    `a list of 1 to ${MAX_VALUES} different texts, numbers or booleans`,
    (list) =>
      Array.isArray(list) &&
      list.length >= 1 &&
      list.length <= MAX_VALUES &&
      list.every(isScalar) &&
      new Set(list.map(String)).size === list.length,
  ],
};

function checkMetric(report: Report, at: string, [metric, groups]: [unknown, Groups | undefined]): void {
  const type = (metric as { type?: unknown } | null)?.type;
  const shape = typeof type === "string" && Object.hasOwn(METRICS, type) ? METRICS[type] : undefined;
  if (shape === undefined) {
    const near = typeof type === "string" ? suggestion(type, Object.keys(METRICS)) : "";
    report.add(
      pointer(at, "type"),
      "UNKNOWN_METRIC",
      `A metric is of the type ${Object.keys(METRICS).join(", ")}.${near}`,
    );
    return;
  }
  const fields = checkShape(report, at, [metric, shape]);
  const where = (path: string, condition: unknown): void => {
    if (condition !== undefined) report.include(validateCondition(condition, path, groups));
  };
  where(pointer(at, "where"), fields?.["where"]);
  for (const [part, shape] of [["prior", PRIOR] as const, ["before", BEFORE] as const])
    if (fields?.[part] !== undefined) checkShape(report, pointer(at, part), [fields[part], shape]);
  for (const part of ["numerator", "denominator"]) {
    const measured = fields?.[part];
    if (measured === undefined) continue;
    const path = pointer(at, part);
    const inner = checkShape(report, path, [measured, { ...MEASURED, value: NAME }]);
    where(pointer(path, "where"), inner?.["where"]);
  }
}

function checkDimensions(report: Report, at: string, dimensions: Record<string, unknown> = {}): void {
  const names = checkNames(report, at, dimensions);
  if (names.length > MAX_DIMENSIONS)
    report.add(
      at,
      "TOO_MANY_DIMENSIONS",
      `An experiment may be looked at by ${MAX_DIMENSIONS} dimensions; leave out those that nobody will act on.`,
    );
  for (const name of names) checkShape(report, pointer(at, name), [dimensions[name], DIMENSION]);
}

/** Checks what is measured, and of which experiments. */
export function checkMetrics(
  report: Report,
  {
    metrics = {},
    experiments = {},
    groups,
  }: {
    metrics?: Record<string, unknown> | undefined;
    experiments?: Record<string, unknown> | undefined;
    groups?: Groups | undefined;
  },
): void {
  const known = checkNames(report, "/metrics", metrics);
  for (const name of known) checkMetric(report, pointer("/metrics", name), [metrics[name], groups]);
  if (known.filter((name) => isObject(metrics[name]) && "before" in metrics[name]).length > MAX_LOOK_BACK)
    report.add(
      "/metrics",
      "TOO_MANY_METRICS",
      `At most ${MAX_LOOK_BACK} metrics may look at what was \`before\`; keep those that experiments are decided by.`,
    );
  for (const name of checkNames(report, "/experiments", experiments)) {
    const at = pointer("/experiments", name);
    const fields = checkShape(report, at, [experiments[name], EXPERIMENT]);
    const { primary, secondary, guardrails, dimensions } = fields ?? {};
    checkDimensions(report, pointer(at, "dimensions"), dimensions as Record<string, unknown> | undefined);
    const listed = (part: string, list: unknown): [string, unknown][] =>
      ((list ?? []) as unknown[]).map((metric, i) => [`${part}/${i}`, metric]);
    const named = [
      ["primary", primary] as const,
      ...listed("secondary", secondary),
      ...listed("guardrails", guardrails),
    ];
    if (named.length > MAX_METRICS)
      report.add(at, "TOO_MANY_METRICS", `An experiment may be judged by ${MAX_METRICS} metrics.`);
    for (const [part, metric] of named) {
      if (metric === undefined || (typeof metric === "string" && known.includes(metric))) continue;
      const near = typeof metric === "string" ? suggestion(metric, known) : "";
      report.add(`${at}/${part}`, "UNKNOWN_METRIC", `There is no such metric under /metrics.${near}`);
    }
  }
}
