import type { Note, NoteCode, Severity } from "@attune/core/stats";
import { plain } from "./words.js";

/** What each note says, in one sentence. */
export const NOTE_TITLES: Readonly<Record<NoteCode, string>> = {
  "no-variants": "It has no variants.",
  "no-control": "There is no control among the variants that take part.",
  "no-treatment": "There is nothing to compare the control with: one variant alone takes part.",
  "no-primary": "No primary metric is named, so nothing can be decided.",
  "names-repeat": "A name stands there twice.",
  "weights-sum": "The shares of the variants do not sum to 1.",
  "weights-bad": "A variant's share is no share.",
  "counts-bad": "A count is negative or no number.",
  "stages-grow": "More visitors were counted at a later stage than at the one before.",
  "unknown-variant": "Visitors were counted in a variant that is not defined.",
  "zero-weight-with-units": "A variant that nobody should get was seen.",
  "empty-arm": "Nobody has come to a variant.",
  "metric-empty": "Nothing has been counted of a metric.",
  "sums-missing": "A metric was not counted in every variant.",
  "sums-bad": "The sums of a metric cannot be.",
  "few-units": "One visitor is not enough to tell by how much values vary.",
  "removed-variant": "A variant was taken out while it ran; it is told of and not compared.",
  "units-from-metric": "Visitors were not counted by themselves; those of the metric stand for them.",
  "units-differ": "Two ways of counting visitors come to different figures.",
  "stages-untold":
    "Of some visitors only that they saw a variant was told, as by pages of an older version; what was lost of such before it cannot be told from what was lost at assignment.",
  "sample-ratio-suspicious": "The variants' shares of visitors look odd; keep an eye on it.",
  "run-length-unknown":
    "How long it has run is not known (its ruleset does not say since when), so no least number of days is asked for.",
  "metric-unusable": "A metric cannot be analysed.",
  "dispersion-unknown":
    "By how much counts vary between visitors was not kept; they are taken to come by themselves.",
  "group-unusable": "A group is too small to be looked at by itself.",
  "factorial-unusable": "The effects of the factors could not be told apart.",
  "factorial-main-effects":
    "A factor has more than two levels: each level is compared with the first of its factor, over all combinations of the others. How factors act together is not worked out.",
  "crossed-visitors":
    "More than one visitor in twenty saw more than one variant, as by logging in on another device: the difference looks smaller than it is. Assign by what stays the same.",
  "holdout-unusable": "Those who were kept out could not be compared.",
  winsorised: "Very large values were capped before they were added up, so that one visitor does not decide.",
};

export const SEVERITY: Readonly<Record<Severity, string>> = {
  fault: "fault",
  warning: "read with care",
  info: "good to know",
};

/** Notes that say the same, as one: the sentence, and of what each tells, with what was refused where that is known. */
export interface ToldNote {
  severity: Severity;
  code: NoteCode;
  about: readonly string[];
}

function aboutOf({ variant, metric, stage, dimension, group, message }: Note): string {
  const about = [
    metric && `metric ${plain(metric)}`,
    variant && `variant “${variant}”`,
    stage && `stage ${stage}`,
    dimension && `by ${plain(dimension)}`,
    group && `group ${group}`,
  ].filter(Boolean);
  return [about.join(", "), message].filter(Boolean).join(": ");
}

const ORDER = ["fault", "warning", "info"] as const;

/** The worst first, each sentence once. */
export function toldNotes(notes: readonly Note[]): ToldNote[] {
  const told = new Map<NoteCode, ToldNote & { about: string[] }>();
  for (const severity of ORDER)
    for (const note of notes.filter((one) => one.severity === severity)) {
      const same = told.get(note.code) ?? { severity, code: note.code, about: [] };
      told.set(note.code, same);
      const about = aboutOf(note);
      if (about !== "" && !same.about.includes(about)) same.about.push(about);
    }
  return [...told.values()];
}
