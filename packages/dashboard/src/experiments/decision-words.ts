import type { Decision, ExperimentReport, MetricReport, NoteCode } from "@attune/core/stats";
import { counted, count } from "../format.js";
import { days, share, signedShare } from "./figures.js";
import { NOTE_TITLES } from "./note-words.js";
import { lossWords } from "./ratio-words.js";
import { plain } from "./words.js";

/** What a decision says, and what to do about it. */
export interface Verdict {
  headline: string;
  text: string;
  next: string;
  /** What it would take to know more; empty where nothing is waited for. */
  needs: readonly string[];
}

const quoted = (name: string | null): string => (name === null ? "A variant" : `“${name}”`);

/** The decision of a report, in sentences. Every figure in them is one of the report's. */
export function verdictOf(report: ExperimentReport): Verdict {
  const { decision } = report;
  const metric = report.metrics.find(({ name }) => name === decision.metric) ?? null;
  const said = sayingOf(report, metric);
  return { ...said, needs: decision.state === "collecting" ? needsOf(report) : [] };
}

function sayingOf(report: ExperimentReport, metric: MetricReport | null): Omit<Verdict, "needs"> {
  const { decision } = report;
  switch (decision.state) {
    case "winner":
      return winner(report, metric);
    case "no-difference":
      return {
        headline: "There is no difference worth having.",
        text: `No variant improves ${nameOf(decision)} by as much as ${share(decision.rule.caring)}, the least that was to be cared about. That is a result, not a failure.`,
        next: "Stop it and keep the variant that is simpler to keep.",
      };
    case "harm":
      return harm(report, metric);
    case "stopped-srm":
      return {
        headline: "Visitors are missing unevenly, so no result can be trusted.",
        text: `${lossWords(report.sampleRatio.lostAt)} A difference between variants may come from who is missing. Even a clear one means nothing until this is mended.`,
        next: "Stop it, find the cause (see “Do all variants get their share?” below), and start it anew.",
      };
    case "invalid":
      return {
        headline: "These figures cannot be judged.",
        text: `${NOTE_TITLES[decision.code as NoteCode] ?? "Something about them cannot be."} While that is so, nothing wins.`,
        next: "See the notes below, mend what they name, and start it anew if visitors were counted wrongly.",
      };
    case "collecting":
      return collecting(decision);
  }
}

const nameOf = ({ metric }: Decision): string =>
  metric === null ? "what was to be improved" : quoted(plain(metric));

/** Uplift and its interval, as a half-sentence; null where the control may be 0. */
function changeOf(metric: MetricReport | null, variant: string | null): string | null {
  const relative = metric?.comparisons.find((one) => one.variant === variant)?.uplift;
  return relative
    ? `by ${signedShare(relative.median)} (most likely between ${signedShare(relative.lower)} and ${signedShare(relative.upper)})`
    : null;
}

function winner(report: ExperimentReport, metric: MetricReport | null): Omit<Verdict, "needs"> {
  const { decision } = report;
  const change = changeOf(metric, decision.variant);
  const also =
    decision.alsoBetter.length === 0
      ? ""
      : ` ${decision.alsoBetter.map(quoted).join(" and ")} ${decision.alsoBetter.length === 1 ? "is" : "are"} better too, by less.`;
  return {
    headline: `${quoted(decision.variant)} is better.`,
    text: `It changes ${nameOf(decision)}${change === null ? " for the better" : ` ${change}`}, and no guardrail is harmed. That holds however often somebody has looked.${also}`,
    next: `Ship ${quoted(decision.variant)}, or let it run on if there is something else that you want to learn.`,
  };
}

function harm(report: ExperimentReport, metric: MetricReport | null): Omit<Verdict, "needs"> {
  const { decision } = report;
  const change = changeOf(metric, decision.variant);
  const isGuardrail = decision.code === "guardrail-worse";
  return {
    headline: `${quoted(decision.variant)} does harm.`,
    text: `It changes ${nameOf(decision)}${change === null ? " for the worse" : ` ${change}`}${isGuardrail ? ", a guardrail, which must not get worse" : ", which was to be improved"}.`,
    next: `Stop it, or go on without ${quoted(decision.variant)}.`,
  };
}

function collecting(decision: Decision): Omit<Verdict, "needs"> {
  const variant = quoted(decision.variant);
  const wait = "Let it run. Looking at it does no harm; stopping because of what you see would.";
  const early = "Too early to say.";
  const { rule } = decision;
  const said = (headline: string, text: string, next = wait) => ({ headline, text, next });
  switch (decision.code) {
    case "too-few-units":
      return said(early, "Too few visitors have seen it for anything to be concluded.");
    case "too-few-events":
      return said(
        early,
        `Too little of ${nameOf(decision)} has happened yet for its figures to be relied on.`,
      );
    case "too-few-days":
      return said(
        early,
        `${rule.minimumDays} days belong to it at least: people behave differently on other days of the week.`,
      );
    case "loss-too-high":
      return said(
        `${variant} looks better, and is not safe to choose yet.`,
        `If it were worse after all, choosing it would cost more of ${nameOf(decision)} than you said you care about.`,
      );
    case "guardrail-unclear":
      return said(
        `${variant} is better, if it does no harm elsewhere.`,
        `Whether ${nameOf(decision)} stays within what you allow is not clear yet.`,
      );
    case "no-variance":
      return said(
        early,
        `Every visitor has the same ${nameOf(decision)} so far, so it cannot be told how sure anything is.`,
        "Let it run. If that stays so, see whether the events that it counts arrive at all.",
      );
    default:
      return said(
        "Not clear yet.",
        `Whether any variant changes ${nameOf(decision)} cannot be told from chance so far.`,
      );
  }
}

/** At more than so many times the visitors there are, a guess says no more than “very many”. */
const VERY_MANY = 50;

/** What is missing, beside what there is. */
function needsOf(report: ExperimentReport): string[] {
  const { decision } = report;
  const { rule, treatments } = decision;
  const units = Math.min(...treatments.map((one) => one.units));
  const found: string[] = [];
  if (treatments.length > 0 && units < rule.minimumUnits)
    found.push(
      `At least ${counted(rule.minimumUnits, "visitor")} in each variant: the smallest has ${count(units)}.`,
    );
  if (decision.days !== null && decision.days < rule.minimumDays)
    found.push(`At least ${rule.minimumDays} days: it has run for ${days(decision.days)}.`);
  if (decision.code === "too-few-events")
    found.push(`At least ${rule.minimumEvents} of what is counted, in both variants together.`);
  const guess = decision.code === "not-clear" ? unitsToTell(report) : null;
  if (guess !== null) found.push(guess);
  return found;
}

/**
 * Intervals grow narrower as the root of the visitors: how many it would take for the present difference to stand clear of 0, if it stayed. A guess, and called
 * one.
 */
function unitsToTell({ metrics, decision }: ExperimentReport): string | null {
  const metric = metrics.find(({ name }) => name === decision.metric);
  const comparison = metric?.comparisons.find(({ variant }) => variant === decision.variant);
  const valid = comparison?.alwaysValid;
  const units = decision.treatments.find(({ variant }) => variant === decision.variant)?.units;
  if (!metric || !valid || units === undefined) return null;
  const middle = Math.abs(valid.upper + valid.lower) / 2;
  const half = (valid.upper - valid.lower) / 2;
  const times = (half / middle) ** 2;
  if (!(times > 1)) return null;
  if (!(times < VERY_MANY))
    return `The difference so far is tiny beside how unsure it is: it would take more than ${VERY_MANY} times as many visitors to tell it from none.`;
  const rounded = Number((units * times).toPrecision(2));
  return `Roughly ${count(rounded)} visitors in each variant, if the difference stays as it looks now; so far there are ${count(units)}.`;
}
