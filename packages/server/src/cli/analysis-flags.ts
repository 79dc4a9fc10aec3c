import type { AnalysisMapping, MetricMapping } from "../analyze/mapping.js";
import { UsageError } from "./usage.js";

/** What the command line says of the mapping; it goes before what the file of the mapping says. */
export interface AnalysisFlags {
  variant?: string;
  metric?: string[];
  user?: string;
  control?: string;
  weights?: string;
  dimension?: string[];
  units?: string;
  time?: string;
  days?: string;
  caring?: string;
  planned?: string;
}

/** The mapping's members that flags give, as JSON of a mapping would. */
export function mappingOfFlags(flags: AnalysisFlags): Partial<AnalysisMapping> {
  const { metric, weights, dimension, days, caring, planned, ...texts } = flags;
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)),
    ...(metric !== undefined && { metrics: Object.fromEntries(metric.map(metricOf)) }),
    ...(weights !== undefined && { weights: weightsOf(weights) }),
    ...(dimension !== undefined && { dimensions: dimension }),
    ...(days !== undefined && { days: numberOf("days", days) }),
    ...(planned !== undefined && { planned: numberOf("planned", planned) }),
    ...(caring !== undefined && { caring: numberOf("caring", caring) }),
  };
}

/** `COLUMN[/COLUMN][:TYPE[:ROLE[:DIRECTION]]]`; what the parts may be is for the mapping's own check. */
function metricOf(spec: string): [string, MetricMapping] {
  const [columns = "", type, role, direction] = spec.split(":");
  const [column = "", denominator] = columns.split("/");
  const metric = {
    column,
    ...(denominator !== undefined && { denominator }),
    ...(type && { type }),
    ...(role && { role }),
    ...(direction && { direction }),
  };
  return [columns, metric as MetricMapping];
}

function weightsOf(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(",").map((part) => {
      const cut = part.lastIndexOf("=");
      if (cut < 1) throw new UsageError("--weights is a list of name=share, as in control=0.5,new=0.5.");
      return [part.slice(0, cut).trim(), numberOf("weights", part.slice(cut + 1))];
    }),
  );
}

function numberOf(name: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`--${name} takes numbers of 0 or more; ${text} is none.`);
}
