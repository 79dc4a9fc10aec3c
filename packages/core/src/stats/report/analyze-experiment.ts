import { requireInput } from "../check.js";
import { tailOf } from "../level.js";
import { evidenceOf } from "../stopping/metric-evidence.js";
import { ruleOf, stoppingRule } from "../stopping/stopping-rule.js";
import type { TreatmentEvidence } from "../stopping/types.js";
import { checkCrossed } from "./crossed-note.js";
import { dimensionReports } from "./dimension-reports.js";
import { factorialReports } from "./factorial-reports.js";
import { holdoutReports } from "./holdout-reports.js";
import type { ExperimentInput, Stage } from "./input.js";
import { type Modelled, metricReports, modelMetric } from "./metric-reports.js";
import { type Notes, takeNotes } from "./notes.js";
import { ownOf } from "./own.js";
import { type Arms, readArms } from "./read-arms.js";
import type { Corrections, ExperimentReport, VariantReport } from "./report.js";
import { sampleRatioReport } from "./sample-ratio-report.js";

/**
 * All that can be said of an experiment from its counts and sums. Rates by exact beta beliefs, other metrics by the model that fits them ({@link Method}); what can be computed is, and what cannot is
 * absent with a note that says why. From input with a fault nothing wins.
 *
 * Cost: about 3 ms for a rate in five variants.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` for a `level`, a `rule` or a number of `crossed` units that cannot be; never for what was counted
 */
export function analyzeExperiment(input: ExperimentInput): ExperimentReport {
  const { level = 0.95, days = null } = input;
  const tail = tailOf(level);
  const rule = ruleOf(input.rule ?? {});
  requireInput(days === null || (Number.isFinite(days) && days >= 0), "/days", "Give 0 or more days.");
  const notes = takeNotes();
  const arms = withUnits(readArms(input, notes), input, notes);
  checkMetrics(input, notes);
  const isEarly = unitsOf(arms) < rule.minimumUnits * arms.names.length;
  checkEmpty(arms, notes, isEarly);
  checkCrossed(input, notes, isEarly);
  const { names } = arms;
  const modelled = input.metrics.map((metric) => modelMetric(metric, names, notes, isEarly));
  const sampleRatio = sampleRatioReport(arms, input);
  if (sampleRatio.state === "suspicious")
    notes.warning("sample-ratio-suspicious", { facts: { p: sampleRatio.p ?? 1 } });
  if (days === null) notes.info("run-length-unknown");
  const decision = stoppingRule(
    {
      days,
      faults: notes.list.filter(({ severity }) => severity === "fault"),
      sampleRatio:
        sampleRatio.state === "mismatch"
          ? { stage: sampleRatio.lostAt as string, p: sampleRatio.p as number }
          : null,
      treatments: evidenceOfAll(modelled, names),
    },
    rule,
  );
  const shared = { notes, tail, alpha: rule.alpha, tightestAt: rule.tightestAt };
  return {
    ...{ version: 1, level, days, control: names[0] ?? null },
    variants: variantReports(input, arms),
    ...{ decision, sampleRatio },
    metrics: metricReports(modelled, { names, tail, rule, verdicts: decision.treatments }),
    corrections: correctionsOf(modelled, names),
    dimensions: dimensionReports(input.dimensions ?? [], input.metrics, names, shared),
    factorial: factorialReports(input.factorial, modelled, names, shared),
    holdout: holdoutReports(input, names, shared),
    notes: notes.list,
  };
}

/** Where no stage was counted, whom the metrics were measured of stands for those assigned. */
function withUnits(arms: Arms, { metrics }: ExperimentInput, notes: Notes): Arms {
  if (arms.units.size > 0 || arms.names.length === 0) return arms;
  const deciding = metrics.find(({ role }) => role === "primary") ?? metrics[0];
  if (deciding === undefined) return arms;
  notes.info("units-from-metric", { metric: deciding.name });
  const counts = arms.names.map((name) => {
    const units = ownOf(deciding.sums, name)?.n ?? 0;
    return [name, Number.isFinite(units) && units > 0 ? units : 0] as const;
  });
  return { ...arms, units: new Map([["assigned", new Map(counts)]]) };
}

const unitsOf = ({ names, units }: Arms): number => {
  const [first] = units.values();
  return names.reduce((sum, name) => sum + (first?.get(name) ?? 0), 0);
};

/** An arm that nobody came to, while others have many: something is broken. At the very beginning it is chance. */
function checkEmpty({ names, units }: Arms, notes: Notes, isEarly: boolean): void {
  for (const [stage, counts] of units)
    for (const variant of names)
      if ((counts.get(variant) ?? 0) === 0)
        notes[isEarly ? "warning" : "fault"]("empty-arm", { variant, stage });
}

function checkMetrics({ metrics, stages, looks, untold = 0 }: ExperimentInput, notes: Notes): void {
  const names = new Set<string>();
  for (const { name, sums, winsorised } of metrics) {
    if (names.has(name)) notes.fault("names-repeat", { metric: name });
    names.add(name);
    if (winsorised) notes.info("winsorised", { metric: name, facts: { ...winsorised } });
    for (const [variant, own] of Object.entries(sums))
      if (own.type === "count" && own.sumSquares === undefined)
        notes.info("dispersion-unknown", { metric: name, variant });
  }
  if (untold > 0) notes.info("stages-untold", { facts: { units: untold } });
  if (!metrics.some(({ role }) => role === "primary")) notes.fault("no-primary");
  if (stages && looks && looks.length > 0) checkLooks(stages, looks, notes);
}

/** Both ways of counting have to come to the same. */
function checkLooks(
  stages: NonNullable<ExperimentInput["stages"]>,
  looks: NonNullable<ExperimentInput["looks"]>,
  notes: Notes,
): void {
  for (const [stage, counts] of Object.entries(stages) as [Stage, Readonly<Record<string, number>>][])
    for (const [variant, units] of Object.entries(counts)) {
      const told = looks.filter((look) => look[stage] !== undefined);
      const inLooks = told.reduce((sum, look) => sum + (ownOf(look[stage], variant) ?? 0), 0);
      if (told.length > 0 && inLooks !== units)
        notes.warning("units-differ", { variant, stage, facts: { units, inLooks } });
    }
}

function evidenceOfAll(modelled: readonly Modelled[], names: readonly string[]): TreatmentEvidence[] {
  return names.slice(1).map((variant, i) => {
    const of = (role: "primary" | "guardrail") =>
      modelled.flatMap(({ input: { name, direction, margin }, role: own, model }) =>
        model === null || own !== role
          ? []
          : [
              evidenceOf(
                { metric: name, ...(direction && { direction }), ...(margin !== undefined && { margin }) },
                model,
                0,
                i + 1,
              ),
            ],
      );
    const [primary, guardrails] = [of("primary"), of("guardrail")];
    const sizes = primary.flatMap(({ contrast: { control, treatment } }) => [control.n, treatment.n]);
    return { variant, units: sizes.length > 0 ? Math.min(...sizes) : 0, primary, guardrails };
  });
}

function variantReports({ variants }: ExperimentInput, { names, shares, units }: Arms): VariantReport[] {
  return variants.map(({ name, weight, isRemoved = false }) => {
    const arm = names.indexOf(name);
    const counted = [...units].flatMap(([stage, counts]) => {
      const count = counts.get(name);
      return count === undefined ? [] : [[stage, count] as const];
    });
    return {
      name,
      weight: arm >= 0 ? (shares[arm] as number) : Number.isFinite(weight) ? weight : 0,
      ...{ isControl: arm === 0, isRemoved, isAnalysed: arm >= 0 },
      units: Object.fromEntries(counted),
    };
  });
}

function correctionsOf(modelled: readonly Modelled[], names: readonly string[]): Corrections {
  const comparisons = (role: Modelled["role"]): number =>
    modelled.filter((one) => one.role === role && one.model !== null).length * Math.max(0, names.length - 1);
  return {
    primary: { method: "bonferroni", comparisons: comparisons("primary") },
    guardrail: { method: "bonferroni", comparisons: comparisons("guardrail") },
    secondary: { method: "e-benjamini-hochberg", comparisons: comparisons("secondary") },
  };
}
