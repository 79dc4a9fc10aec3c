import type { ExperimentReport, LossCause, Note, NoteCode } from "@attune/core/stats";
import { percent, plain } from "./figures.js";
import { number } from "./terminal.js";

const CAUSES: Readonly<Record<LossCause, string>> = {
  "weights-changed": "the shares were changed while it ran",
  "assigned-in-several-places": "visitors are assigned in several places that do not agree",
  "targeting-reads-what-it-changes": "who takes part depends on something that the variant changes",
  "filtered-afterwards":
    "rows were left out afterwards (bots, errors, sign-ins) that one variant has more of",
  "variant-fails": "one variant fails for some visitors",
  "variant-is-slow": "one variant is slow, and visitors leave",
  redirect: "one variant redirects",
  "leaves-before-it-shows": "visitors leave before it shows",
  "events-lost-on-leaving": "events are lost as visitors leave the page",
  "events-blocked": "one variant's events are blocked",
  "bots-filtered": "bots are filtered out, which one variant shows itself to more",
};

const WHERE = {
  assignment: "on the way to a variant",
  render: "between assignment and the page",
  delivery: "between the page and the server",
} as const;

/** What the split says, in words. */
export function ratioWords({ sampleRatio }: ExperimentReport): string[] {
  const { state, p, lostAt, causes, stages } = sampleRatio;
  if (state === "untested" || p === null) return ["The split could not be tested."];
  const words =
    state === "ok"
      ? [`The split is as it should be (p = ${exact(p)}).`]
      : [
          state === "mismatch"
            ? `SAMPLE RATIO MISMATCH: chance would give a split this far off once in ${number(Math.round(1 / Math.max(p, 1e-12)))} experiments (p = ${exact(p)}). Do not trust any figure below before you know why.`
            : `The split is suspicious: chance would give one this far off in ${percent(p)} of experiments (p = ${exact(p)}). It is no alarm (that begins at 0.1 %), but look for a reason before you decide.`,
          `Visitors went missing ${WHERE[lostAt ?? "assignment"]}. What usually is behind it: ${causes.map((cause) => CAUSES[cause]).join("; ")}.`,
        ];
  for (const { stage, lost } of stages)
    if (lost !== null)
      words.push(
        `Not ${stage}: ${Object.entries(lost.shares)
          .map(([name, share]) => `${name} ${percent(share)}`)
          .join(", ")} of those before (p = ${exact(lost.test.p)}).`,
      );
  return words;
}

const exact = (p: number): string => (p >= 1e-4 ? String(Number(p.toPrecision(7))) : plain(p));

type Words = (note: Note, name: string) => string;

const about = ({ metric, variant, stage, dimension, group }: Note): string =>
  [metric, dimension, group, variant, stage].filter((part) => part !== undefined).join(", ");

const WORDS: Readonly<Record<NoteCode, Words>> = {
  "no-variants": () => "There are no variants.",
  "no-control": (_, name) => `The control ${name} is not there, or gets nobody.`,
  "no-treatment": () => "There is nothing to compare the control with.",
  "no-primary": () => "No metric is primary, so there is nothing to decide by.",
  "names-repeat": (_, name) => `The name ${name} is there twice.`,
  "weights-sum": ({ facts }) => `The shares sum to ${plain(facts?.["sum"] ?? 0)}, not to 1.`,
  "weights-bad": (_, name) => `The share of ${name} is no number of 0 or more.`,
  "counts-bad": (_, name) => `A count of ${name} is no number of 0 or more.`,
  "stages-grow": (_, name) => `More came to a stage than were at the one before: ${name}.`,
  "unknown-variant": ({ facts }, name) =>
    `${name} is in the data (${number(facts?.["units"] ?? 0)}) but is no variant of this experiment. Give it a share, or take its rows out on purpose.`,
  "zero-weight-with-units": ({ facts }, name) =>
    `${name} should get nobody and has ${number(facts?.["units"] ?? 0)}. Were the shares changed while it ran? Then name it as removed.`,
  "empty-arm": (_, name) => `Nobody came to ${name}.`,
  "metric-empty": (_, name) => `There are no data of ${name}.`,
  "sums-missing": (_, name) => `There are no figures of ${name}.`,
  "sums-bad": ({ message }, name) => `The figures of ${name} cannot be. ${message ?? ""}`,
  "few-units": ({ message }, name) => `${name}: too few to say anything. ${message ?? ""}`,
  "removed-variant": (_, name) => `${name} was removed while it ran and takes no part.`,
  "units-from-metric": (_, name) => `Units were taken from ${name}, since none were counted.`,
  "units-differ": (_, name) => `The looks do not add up to the units of ${name}.`,
  "stages-untold": ({ facts }) =>
    `Of ${number(facts?.["units"] ?? 0)} only the last stage was told; they count at the stages before it too.`,
  "sample-ratio-suspicious": () => "The split is suspicious; see above.",
  "run-length-unknown": () =>
    "How long it ran is not known (--days, --time), so whole weeks could not be asked for: weekdays differ.",
  "metric-unusable": ({ message }, name) => `${name} cannot be computed. ${message ?? ""}`,
  "dispersion-unknown": (_, name) =>
    `${name}: how events vary between users is not known; they were taken to come by themselves, which is too sure where they cluster.`,
  "group-unusable": (_, name) => `Too little is known of ${name} to break it down.`,
  "factorial-unusable": ({ message }) => `The factorial design cannot be taken apart. ${message ?? ""}`,
  "factorial-main-effects": () =>
    "A factor has more than two levels: main effects alone were worked out, each level against the first.",
  "crossed-visitors": ({ facts }) =>
    `${number(facts?.["units"] ?? 0)} (${percent(facts?.["share"] ?? 0)}) saw more than one variant, so the difference looks smaller than it is.`,
  "holdout-unusable": ({ message }) => `The holdout cannot be compared. ${message ?? ""}`,
  winsorised: (_, name) => `Values of ${name} were capped.`,
};

/** One note as a line; what another part of the page says already is left out. */
export function noteWords(note: Note): string[] {
  if (note.code === "winsorised" || note.code === "sample-ratio-suspicious") return [];
  const text = WORDS[note.code](note, about(note));
  return [note.severity === "fault" ? `FAULT: ${text}` : text];
}
