import type {
  DimensionReport,
  Finding,
  GuardrailState,
  MetricReport,
  MetricRole,
  Stage,
} from "@attune/core/stats";
import type { Status } from "./types.js";

/** What stands in the page beside what is said of figures (`decision-words`, `note-words`, `ratio-words`). */
export const WORDS = {
  experiments: "Experiments",
  live: "Visitors",
  all: "All experiments",
  nobody: "Nobody has seen it yet.",
  nobodyNext:
    "As soon as a visitor who takes part is shown a variant, it is counted here. You need not reload this page.",
  none: "No experiment is defined, and the ruleset runs none.",
  noneNext: "Define one by POST /api/v1/experiments, or let a slot of your ruleset assign one.",
  loading: "Waiting for the figures.",
  lost: "Connection lost, trying again. What you see may be old.",
  simulated:
    "Part of what is counted here comes from a simulated population, not from people. Do not decide by it.",
  notMeasured: "Nothing of it is measured, so nothing can be concluded.",
  metricEmpty: "Nothing can be said of it yet; the notes below say why.",
  densities: "What is believed of each variant",
  densitiesNote: "The higher the curve, the likelier the value. Curves that hardly overlap are told apart.",
  overTime: "Probability to be best over time",
  overTimeNote:
    "Worked out from exposures and first orders alone, added up from the counts of each period; the metrics above are counted per visitor and may say something else. A line that goes up and down early on is chance.",
  noSeries:
    "No series is configured, so nothing is kept over time. Name one under `ports.series` and this fills from then on.",
  fewPoints: "There is too little yet for a line: it takes two periods with visitors in every variant.",
  groups: "By group",
  factors: "Effects of the factors",
  stages: "How far visitors came",
  ratio: "Do all variants get their share?",
  notes: "Good to know",
  holdout: "Against those who were kept out",
} as const;

export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  assigned: "Chosen for",
  rendered: "In the page",
  delivered: "Seen",
};

export const STATUS: Readonly<Record<Status | "ruleset", string>> = {
  draft: "draft",
  running: "running",
  stopped: "stopped",
  shipped: "shipped",
  ruleset: "run by the ruleset",
};

export const ROLE: Readonly<Record<MetricRole, string>> = {
  primary: "primary: decides",
  guardrail: "guardrail: must not get worse",
  secondary: "secondary: helps to understand",
};

export const ROLE_ORDER: readonly MetricRole[] = ["primary", "guardrail", "secondary"];

const FINDING: Readonly<Record<Finding, readonly [sign: string, words: string]>> = {
  better: ["▲", "better"],
  worse: ["▼", "worse"],
  unclear: ["○", "not clear yet"],
};
const GUARDRAIL: Readonly<Record<GuardrailState, readonly [sign: string, words: string]>> = {
  harmed: ["▼", "harmed"],
  safe: ["✓", "safe"],
  unclear: ["○", "not clear yet"],
};

/** A sign and words: colour alone tells nobody anything. */
export const findingWords = (
  finding: Finding,
  guardrail: GuardrailState | null,
): readonly [sign: string, words: string] => (guardrail === null ? FINDING[finding] : GUARDRAIL[guardrail]);

const METHOD: Readonly<Record<NonNullable<MetricReport["method"]>, string>> = {
  beta: "share of visitors, by its exact beta belief",
  student: "mean per visitor (normal–inverse-gamma)",
  "gamma-poisson": "events per visitor (gamma–Poisson)",
  "beta-gamma": "value per visitor: how many buy (beta), times for how much (gamma)",
  delta: "one sum over another (delta method)",
  cuped: "mean per visitor, with what was known before taken out (CUPED)",
};

export const methodWords = ({ method, direction }: Pick<MetricReport, "method" | "direction">): string =>
  `${method === null ? "not computed" : METHOD[method]}; ${direction === "increase" ? "more" : "less"} is better`;

export const heterogeneityWords = ({ heterogeneity: { p } }: DimensionReport): string =>
  p < 0.01
    ? "The groups differ by more than chance would have it; look at them before you ship to all."
    : "The groups differ by no more than chance would have it.";

/** Names as people read them. */
export const plain = (name: string): string => name.replace(/[-_]/g, " ");
