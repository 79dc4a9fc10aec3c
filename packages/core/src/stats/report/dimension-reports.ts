import { empiricalBayesGroups } from "../hierarchical.js";
import { modelOf } from "../models/model-of.js";
import type { Contrast } from "../models/model.js";
import type { MetricSums } from "../models/sums.js";
import { chiSquaredSf } from "../special/chi-squared.js";
import { normalQuantile } from "../special/normal.js";
import type { DimensionInput, MetricInput } from "./input.js";
import type { Notes } from "./notes.js";
import { ownOf } from "./own.js";
import type { DimensionReport } from "./report.js";

interface Group {
  readonly name: string;
  readonly contrast: Contrast;
  readonly value: number;
  readonly se: number;
}

/** Differences by group, each drawn towards that of all groups, for each metric and treatment. */
export function dimensionReports(
  dimensions: readonly DimensionInput[],
  metrics: readonly MetricInput[],
  [control, ...treatments]: readonly string[],
  { notes, tail }: { notes: Notes; tail: number },
): DimensionReport[] {
  if (control === undefined) return [];
  return dimensions.flatMap((dimension) =>
    metrics.flatMap((metric) =>
      treatments.flatMap((variant) => {
        const groups = groupsOf(dimension, metric, [control, variant], notes);
        return groups.length === 0
          ? []
          : [{ dimension: dimension.name, metric: metric.name, variant, ...shrunkGroups(groups, tail) }];
      }),
    ),
  );
}

function groupsOf(
  { name: dimension, groups }: DimensionInput,
  { name: metric, priors }: MetricInput,
  [control, treatment]: readonly [string, string],
  notes: Notes,
): Group[] {
  return groups.flatMap(({ name, metrics }) => {
    const sums = ownOf(metrics, metric);
    if (sums === undefined) return [];
    const about = { dimension, group: name, metric, variant: treatment };
    const pair = [ownOf(sums, control), ownOf(sums, treatment)] as const;
    if (!pair.every((own): own is MetricSums => own !== undefined && own.n > 0)) {
      notes.info("group-unusable", about);
      return [];
    }
    const model = notes.attempt("info", "group-unusable", about, () => modelOf(pair, priors));
    if (model === null) return [];
    const contrast = model.contrast(0, 1);
    const { control: a, treatment: b, errorOfNone = 0 } = contrast;
    // A group without a success would seem to have no error, and outweigh all others.
    const se = Math.max(Math.sqrt(a.variance / a.n + b.variance / b.n), errorOfNone);
    if (se > 0) return [{ name, contrast, value: b.mean - a.mean, se }];
    notes.info("group-unusable", about);
    return [];
  });
}

function shrunkGroups(
  groups: readonly Group[],
  tail: number,
): Pick<DimensionReport, "groups" | "heterogeneity"> {
  const shrunk = empiricalBayesGroups({
    values: groups.map(({ value }) => value),
    errors: groups.map(({ se }) => se),
  });
  const z = normalQuantile(1 - tail);
  const df = groups.length - 1;
  return {
    groups: groups.map(({ name, contrast: { control, treatment }, value, se }, i) => {
      const [median, sd] = [shrunk.values[i] as number, shrunk.sds[i] as number];
      return {
        name,
        control: { units: control.n, value: control.mean },
        treatment: { units: treatment.n, value: treatment.mean },
        difference: { value, se },
        shrunk: { median, lower: median - z * sd, upper: median + z * sd },
      };
    }),
    heterogeneity: {
      q: shrunk.heterogeneity,
      df,
      p: df > 0 ? chiSquaredSf(shrunk.heterogeneity, df) : 1,
    },
  };
}
