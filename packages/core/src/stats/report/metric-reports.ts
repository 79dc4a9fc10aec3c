import { modelOf } from "../models/model-of.js";
import type { Model } from "../models/model.js";
import type { MetricSums } from "../models/sums.js";
import type { GuardrailState, StoppingOptions, TreatmentVerdict } from "../stopping/types.js";
import { bonferroniAdjusted, falseDiscoveryAdjusted } from "./adjusted-p.js";
import { armReports, compareArms, findingOf, type Reading } from "./compare-arms.js";
import { withDensities } from "./density-report.js";
import type { MetricInput, MetricRole } from "./input.js";
import type { Notes } from "./notes.js";
import { ownOf } from "./own.js";
import type { ComparisonReport, MetricReport } from "./report.js";

/** A metric with a model of all arms, or null where there can be none. */
export interface Modelled {
  readonly input: MetricInput;
  readonly role: MetricRole;
  readonly model: Model | null;
}

/** Models of a metric's arms; what cannot be is noted, as a fault where the experiment is to be decided by it. */
export function modelMetric(
  input: MetricInput,
  names: readonly string[],
  notes: Notes,
  isEarly: boolean,
): Modelled {
  const { name: metric, role = "secondary" } = input;
  const severity = role === "secondary" ? "warning" : "fault";
  const none = { input, role, model: null };
  if (names.length === 0) return none;
  const sums: MetricSums[] = [];
  for (const variant of names) {
    const own = ownOf(input.sums, variant);
    if (own === undefined) {
      notes[severity](Object.keys(input.sums).length === 0 ? "metric-empty" : "sums-missing", {
        variant,
        metric,
      });
      return none;
    }
    if (own.n === 0) {
      notes[isEarly ? "warning" : severity](hasUnits(input, names) ? "empty-arm" : "metric-empty", {
        variant,
        metric,
      });
      return none;
    }
    sums.push(own);
  }
  for (const [i, own] of sums.entries()) {
    const about = { variant: names[i] as string, metric };
    // One unit is not enough of a mean, and not the fault of anybody.
    const code = own.n < 2 ? "few-units" : "sums-bad";
    if (notes.attempt(own.n < 2 ? "warning" : severity, code, about, () => modelOf([own])) === null)
      return none;
  }
  const model = notes.attempt(severity, "metric-unusable", { metric }, () => modelOf(sums, input.priors));
  return { input, role, model };
}

const hasUnits = ({ sums }: MetricInput, names: readonly string[]): boolean =>
  names.some((variant) => (ownOf(sums, variant)?.n ?? 0) > 0);

export interface ReportSetting {
  readonly names: readonly string[];
  readonly tail: number;
  readonly rule: Required<StoppingOptions>;
  readonly verdicts: readonly TreatmentVerdict[];
}

/** Reports of all metrics, with what each comparison means among those of its role. */
export function metricReports(modelled: readonly Modelled[], setting: ReportSetting): MetricReport[] {
  const reports = modelled.map((one) => metricReport(one, modelled, setting));
  for (const role of ["primary", "secondary", "guardrail"] as const) adjust(reports, role, setting);
  return reports.map(({ metric }) => metric);
}

interface Draft {
  metric: MetricReport;
}

function metricReport(
  { input, role, model }: Modelled,
  all: readonly Modelled[],
  setting: ReportSetting,
): Draft {
  const { name, direction = "increase", winsorised = null, priors } = input;
  const base = { name, role, direction, winsorised };
  if (model === null) {
    const nothing = { method: null, reason: null, varianceReduction: null, variants: [], comparisons: [] };
    return { metric: { ...base, ...nothing } };
  }
  const { names, tail, rule } = setting;
  const treatments = names.length - 1;
  const ofRole = all.filter((one) => one.role === role).length;
  const reading: Reading = {
    ...{ direction, tail, tightestAt: rule.tightestAt },
    alpha: role === "secondary" ? rule.alpha : errorOf(role, rule) / Math.max(1, treatments * ofRole),
  };
  const arms = armReports(model, names, reading);
  return {
    metric: {
      ...base,
      method: model.method,
      reason: model.reason,
      ...(model.method === "beta" && priors?.proportion && { prior: priors.proportion }),
      varianceReduction: model.varianceReduction,
      variants: role === "primary" ? withDensities(model, arms) : arms,
      comparisons: names.slice(1).map((variant, i) => compareArms(model, variant, [0, i + 1], reading)),
    },
  };
}

const errorOf = (role: MetricRole, { alpha, guardrailAlpha }: Required<StoppingOptions>): number =>
  role === "guardrail" ? guardrailAlpha : alpha;

/** Fills in what depends on the other comparisons of the same role. */
function adjust(drafts: Draft[], role: MetricRole, { rule, verdicts }: ReportSetting): void {
  const ofRole = drafts.filter(({ metric }) => metric.role === role);
  const ps = ofRole.flatMap(({ metric }) => metric.comparisons.map(({ alwaysValid }) => alwaysValid?.p ?? 1));
  const adjusted = role === "secondary" ? falseDiscoveryAdjusted(ps) : bonferroniAdjusted(ps);
  let next = 0;
  for (const draft of ofRole) {
    const { metric } = draft;
    const comparisons = metric.comparisons.map((comparison): ComparisonReport => {
      const adjustedP = adjusted[next++] as number;
      if (comparison.alwaysValid === null) return comparison;
      const alwaysValid = { ...comparison.alwaysValid, adjustedP };
      return {
        ...comparison,
        alwaysValid,
        finding: findingOf(alwaysValid, metric.direction, errorOf(role, rule)),
        guardrail: role === "guardrail" ? guardrailOf(verdicts, comparison.variant, metric.name) : null,
      };
    });
    draft.metric = { ...metric, comparisons };
  }
}

const guardrailOf = (
  verdicts: readonly TreatmentVerdict[],
  variant: string,
  metric: string,
): GuardrailState | null =>
  verdicts.find((verdict) => verdict.variant === variant)?.guardrails.find((one) => one.metric === metric)
    ?.state ?? null;
