import type {
  ArmReport,
  ComparisonReport,
  DimensionReport,
  ExperimentReport,
  MetricReport,
} from "@attune/core/stats";
import type { FileAnalysis, OutlierReport } from "../analyze/analyze-file.js";
import { decisionWords } from "./decision-words.js";
import { chance, percent, plain, signedPercent, signedValue, valueOf } from "./figures.js";
import { fileWords } from "./file-words.js";
import { noteWords, ratioWords } from "./note-words.js";
import { number, type Terminal } from "./terminal.js";

/** An analysis as people read it who decide by it. */
export function showAnalysis(analysis: FileAnalysis, terminal: Terminal): void {
  const { report, file, outliers } = analysis;
  const heading = (text: string): void => terminal.out(`\n${terminal.bold(text)}`);
  const lines = (texts: readonly string[]): void => {
    for (const text of texts) terminal.out(`  ${text}`);
  };
  terminal.out(terminal.bold("Decision"));
  lines(decisionWords(report));
  heading("File");
  lines(fileWords(file));
  heading("Split");
  showVariants(report, terminal);
  lines(ratioWords(report));
  for (const metric of report.metrics) {
    heading(titleOf(metric));
    showMetric(metric, report, terminal);
    const own = outliers.find((one) => one.metric === metric.name);
    if (own) lines(outlierWords(own, metric));
  }
  for (const dimension of report.dimensions) showDimension(dimension, report, terminal);
  const notes = report.notes.flatMap(noteWords);
  if (notes.length > 0) {
    heading("To know");
    lines(notes);
  }
}

function showVariants({ variants }: ExperimentReport, terminal: Terminal): void {
  const width = Math.max(...variants.map(({ name }) => name.length), 7);
  for (const { name, weight, isControl, isRemoved, units } of variants) {
    const counted = Object.entries(units).map(([stage, count]) => `${number(count)} ${stage}`);
    const role = isControl ? "control" : isRemoved ? "removed" : "";
    terminal.out(
      `  ${name.padEnd(width)}  ${counted.join(", ").padEnd(18)}  ${terminal.dim(`share ${percent(weight)}${role && `, ${role}`}`)}`,
    );
  }
}

const titleOf = ({ name, role, direction }: MetricReport): string =>
  `${name} (${role}${direction === "decrease" ? ", lower is better" : ""})`;

const METHODS = {
  beta: "exact beliefs of rates",
  student: "means of users' values",
  "gamma-poisson": "events that come by themselves",
  "beta-gamma": "how many buy, times for how much",
  delta: "a quotient of two sums, by the delta method",
  cuped: "means, with what was known before taken out (CUPED)",
} as const;

function showMetric(metric: MetricReport, { level }: ExperimentReport, terminal: Terminal): void {
  if (metric.method === null) return terminal.out("  Nothing could be computed of it; see below why.");
  const { winsorised, varianceReduction } = metric;
  terminal.out(terminal.dim(`  by ${METHODS[metric.method]}`));
  if (winsorised)
    terminal.out(`  Values beyond ${plain(winsorised.at)} count as that: ${number(winsorised.units)} users.`);
  if (varianceReduction !== null)
    terminal.out(`  What was known before takes away ${percent(varianceReduction)} of the variance.`);
  const width = Math.max(...metric.variants.map(({ variant }) => variant.length));
  for (const arm of metric.variants) {
    terminal.out(`  ${arm.variant.padEnd(width)}  ${armWords(arm, metric, level)}`);
    const comparison = metric.comparisons.find(({ variant }) => variant === arm.variant);
    if (comparison)
      for (const text of comparisonWords(comparison, metric, level)) terminal.out(`    ${text}`);
  }
}

const isRate = ({ method }: MetricReport): boolean => method === "beta";

function armWords(
  { units, value, estimate, probabilityToBeBest }: ArmReport,
  metric: MetricReport,
  level: number,
): string {
  const show = valueOf(isRate(metric));
  return `${show(value)} of ${number(units)} (${percent(level)} between ${show(estimate.lower)} and ${show(estimate.upper)}); best with ${chance(probabilityToBeBest)}`;
}

function comparisonWords(comparison: ComparisonReport, metric: MetricReport, level: number): string[] {
  const show = signedValue(isRate(metric));
  const { difference, uplift, probabilityToBeat, expectedLoss, alwaysValid, finding, guardrail } = comparison;
  const lift =
    uplift === null
      ? "an uplift cannot be told, since the control may be 0"
      : `uplift ${signedPercent(uplift.value)} (${percent(level)} between ${signedPercent(uplift.lower)} and ${signedPercent(uplift.upper)})`;
  const words = [
    `${lift}; difference ${show(difference.value)} (${show(difference.lower)} to ${show(difference.upper)})`,
    `better than the control with ${chance(probabilityToBeat)}; choosing it gives up ${show(expectedLoss.treatment).replace("+", "")} on average, staying with the control ${show(expectedLoss.control).replace("+", "")}`,
  ];
  if (alwaysValid !== null) {
    const found =
      finding === "unclear" ? "not clear" : finding === "better" ? "credibly better" : "credibly worse";
    words.push(
      `${found}, however often it was looked at: p = ${plain(alwaysValid.p)}, ${plain(alwaysValid.adjustedP)} among all comparisons of its kind`,
    );
  }
  if (guardrail !== null)
    words.push(
      { harmed: "guardrail: harmed", safe: "guardrail: safe", unclear: "guardrail: not clear yet" }[
        guardrail
      ],
    );
  return words;
}

function outlierWords({ count, values, cap, capped }: OutlierReport, metric: MetricReport): string[] {
  const list = values
    .slice(0, 3)
    .map(({ value, row, variant }) => `${plain(value)} (row ${row}, ${variant})`);
  const at = cap.high ?? cap.low ?? 0;
  return [
    `Outliers: ${count === 1 ? "one value moves" : `${number(count)} values move`} the result by ${count === 1 ? "itself" : "themselves"}: ${list.join(", ")}${count > 3 ? ", …" : ""}. Nothing was removed.`,
    ...capped.map((comparison) => {
      const before = metric.comparisons.find(({ variant }) => variant === comparison.variant);
      return `  capped at ${plain(at)}, ${comparison.variant} would have ${upliftWords(comparison)} instead of ${before ? upliftWords(before) : "none"}`;
    }),
  ];
}

const upliftWords = ({ uplift, difference, probabilityToBeat }: ComparisonReport): string =>
  `${uplift ? `an uplift of ${signedPercent(uplift.value)}` : `a difference of ${plain(difference.value)}`} and be better with ${chance(probabilityToBeat)}`;

function showDimension(dimension: DimensionReport, report: ExperimentReport, terminal: Terminal): void {
  const { dimension: name, metric, variant, groups, heterogeneity } = dimension;
  const own = report.metrics.find((one) => one.name === metric) as MetricReport;
  const show = signedValue(isRate(own));
  terminal.out(`\n${terminal.bold(`${metric} of ${variant} by ${name}`)}`);
  const width = Math.max(...groups.map((group) => group.name.length));
  for (const { name: group, control, treatment, difference, shrunk } of groups)
    terminal.out(
      `  ${group.padEnd(width)}  ${show(difference.value)} by itself, ${show(shrunk.median)} (${show(shrunk.lower)} to ${show(shrunk.upper)}) in the light of all groups; ${number(control.units + treatment.units)} users`,
    );
  terminal.out(
    terminal.dim(
      heterogeneity.p < 0.01
        ? `  The groups differ by more than chance (p = ${plain(heterogeneity.p)}).`
        : `  The groups differ by no more than chance would have it (p = ${plain(heterogeneity.p)}).`,
    ),
  );
}
