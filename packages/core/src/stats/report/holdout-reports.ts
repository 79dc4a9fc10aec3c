import { addSums } from "../models/add-sums.js";
import { modelOf } from "../models/model-of.js";
import type { MetricSums } from "../models/sums.js";
import { bonferroniAdjusted } from "./adjusted-p.js";
import { compareArms, findingOf } from "./compare-arms.js";
import type { ExperimentInput } from "./input.js";
import type { Notes } from "./notes.js";
import { ownOf } from "./own.js";
import type { HoldoutReport } from "./report.js";

/** All who take part against those who were kept out of it. */
export function holdoutReports(
  { holdout, metrics }: ExperimentInput,
  names: readonly string[],
  { notes, tail, alpha, tightestAt }: { notes: Notes; tail: number; alpha: number; tightestAt: number },
): HoldoutReport[] {
  if (holdout === undefined || names.length === 0) return [];
  const drafts = metrics.flatMap(
    ({ name: metric, sums, priors, direction = "increase" }): HoldoutReport[] => {
      const kept = ownOf(holdout.metrics, metric);
      const taking = names.map((name) => ownOf(sums, name));
      if (kept === undefined || !taking.every((own): own is MetricSums => own !== undefined)) return [];
      const report = notes.attempt("warning", "holdout-unusable", { metric }, () => {
        const all = addSums(taking);
        const model = modelOf([kept, all], priors);
        return {
          metric,
          units: { holdout: kept.n, experiment: all.n },
          comparison: compareArms(model, "experiment", [0, 1], { direction, tail, alpha, tightestAt }),
        };
      });
      return report === null ? [] : [report];
    },
  );
  const adjusted = bonferroniAdjusted(drafts.map(({ comparison }) => comparison.alwaysValid?.p ?? 1));
  return drafts.map((draft, i) => {
    const { comparison } = draft;
    if (comparison.alwaysValid === null) return draft;
    const alwaysValid = { ...comparison.alwaysValid, adjustedP: adjusted[i] as number };
    const direction = metrics.find(({ name }) => name === draft.metric)?.direction ?? "increase";
    return {
      ...draft,
      comparison: { ...comparison, alwaysValid, finding: findingOf(alwaysValid, direction, alpha) },
    };
  });
}
