import type { ComparisonReport, Decision, ExperimentReport } from "@attune/core/stats";
import { chance, percent, plain, signedPercent, valueOf } from "./figures.js";
import { noteWords } from "./note-words.js";
import { number } from "./terminal.js";

/** What to do and why, for people who have to decide and are no statisticians. */
export function decisionWords(report: ExperimentReport): string[] {
  const { decision } = report;
  switch (decision.state) {
    case "invalid":
      return [
        "Nothing can be decided from this file; its figures are shown for what they are.",
        ...report.notes.filter(({ severity }) => severity === "fault").flatMap(noteWords),
      ];
    case "stopped-srm":
      return [
        "Do not decide by this experiment: visitors went missing from one variant more than from another, so the variants are not alike any more. See the split below.",
      ];
    case "winner":
      return winnerWords(report);
    case "harm":
      return [
        `Stop ${decision.variant}: it is credibly worse on ${decision.metric}${decision.code === "guardrail-worse" ? ", which was not to get worse" : ""} (${foundOf(report)}).`,
      ];
    case "no-difference":
      return [
        `No variant is better than the control by as much as ${percent(decision.rule.caring)}, which is what matters here. Stay with the control, or choose by other reasons.`,
      ];
    case "collecting":
      return [collectingWords(decision), ...leaning(report)];
  }
}

function comparisonOf({ decision, metrics }: ExperimentReport): ComparisonReport | undefined {
  return metrics
    .find(({ name }) => name === decision.metric)
    ?.comparisons.find(({ variant }) => variant === decision.variant);
}

function foundOf(report: ExperimentReport): string {
  const metric = report.metrics.find(({ name }) => name === report.decision.metric);
  const comparison = comparisonOf(report);
  if (!metric || !comparison) return "";
  const show = valueOf(metric.method === "beta");
  const valueIn = (name: string | null): number =>
    metric.variants.find(({ variant }) => variant === name)?.value ?? 0;
  const change = comparison.uplift ? `, ${signedPercent(comparison.uplift.value)}` : "";
  return `${show(valueIn(report.control))} → ${show(valueIn(comparison.variant))}${change}`;
}

function winnerWords(report: ExperimentReport): string[] {
  const { decision } = report;
  const verdict = decision.treatments.find(({ variant }) => variant === decision.variant);
  const also =
    decision.alsoBetter.length > 0
      ? [
          `${decision.alsoBetter.join(" and ")} ${decision.alsoBetter.length > 1 ? "are" : "is"} better than the control as well.`,
        ]
      : [];
  return [
    `${decision.variant} wins: it is better on ${decision.metric} (${foundOf(report)}), and chance does not explain that, however often the figures were looked at.`,
    `Should it be wrong after all, choosing it gives up ${plain(verdict?.expectedLoss ?? 0)} on average; up to ${plain(verdict?.acceptedLoss ?? 0)} (${percent(decision.rule.caring)} of the control) is accepted.`,
    ...also,
  ];
}

function collectingWords({ code, variant, metric, days, rule }: Decision): string {
  const words: Readonly<Record<string, string>> = {
    "too-few-units": `Go on: ${variant} has too few units yet (each variant needs ${number(rule.minimumUnits)}).`,
    "too-few-events": `Go on: too little has happened yet for ${metric} (it takes ${number(rule.minimumEvents)} both ways).`,
    "too-few-days": `Go on: it has run for ${days} days, and weekdays differ; decide after ${rule.minimumDays}.`,
    "not-clear": "Nothing is decided: what was seen may still be chance, if it is looked at more than once.",
    "loss-too-high": `Go on: ${variant} looks better, but choosing it may still cost more than ${percent(rule.caring)}.`,
    "guardrail-unclear": `Go on: ${variant} is better, but ${metric} may still be worse than was agreed on.`,
    "no-variance": `Nothing can be said of ${metric}: all values are the same.`,
  };
  return words[code] ?? `Go on (${code}).`;
}

/** What the figures lean to, while nothing is decided. */
function leaning({ decision, metrics }: ExperimentReport): string[] {
  const metric =
    metrics.find(({ name }) => name === decision.metric) ?? metrics.find(({ role }) => role === "primary");
  return (metric?.comparisons ?? []).map(
    ({ variant, probabilityToBeat }) =>
      `So far ${variant} is better on ${metric?.name} with ${chance(probabilityToBeat)}, if this is the only look.`,
  );
}
