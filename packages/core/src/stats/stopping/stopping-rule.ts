import { requireInput } from "../check.js";
import { sequentialEffect } from "./sequential-effect.js";
import type {
  Decision,
  DecisionCode,
  DecisionState,
  MetricEvidence,
  MetricFinding,
  StoppingEvidence,
  StoppingOptions,
  TreatmentEvidence,
  TreatmentVerdict,
} from "./types.js";

/** The rule's figures where none are given; docs/statistics.md tells the reason of each. */
export const STOPPING_DEFAULTS: Required<StoppingOptions> = {
  alpha: 0.05,
  guardrailAlpha: 0.05,
  caring: 0.01,
  minimumDays: 7,
  minimumUnits: 100,
  minimumEvents: 25,
  tightestAt: 5000,
};

/**
 * Whether an experiment can be ended, safe under any number of looks: a treatment wins where a confidence sequence, corrected for the number of treatments, keeps its difference on the better side of 0,
 * what is given up on average by choosing it is below what one cares about, no guardrail is credibly worse and the least time has passed. See {@link StoppingOptions} for the rest.
 *
 * Sources: Waudby-Smith et al. 2021 (the sequence); Stucchio 2015, "Bayesian A/B testing at VWO" (the threshold of caring); Schultzberg, Ankargren and Frånberg 2024, "Risk-aware product decisions in A/B tests with multiple
 * metrics" (which errors are shared by which metrics).
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` for options that cannot be; evidence that cannot be judged is `invalid`
 */
export function stoppingRule(evidence: StoppingEvidence, options: StoppingOptions = {}): Decision {
  const rule = ruleOf(options);
  const { days, treatments, sampleRatio } = evidence;
  const verdicts = treatments.map((treatment) => verdictOf(treatment, { days, rule, of: treatments.length }));
  const made = (state: DecisionState, about: About): Decision => ({
    ...{ state, code: about.code, variant: about.variant ?? null, metric: about.metric ?? null },
    ...{ alsoBetter: about.alsoBetter ?? [], sampleRatio, days, treatments: verdicts, rule },
  });
  const fault = evidence.faults[0] ?? missingIn(treatments, rule);
  if (fault !== undefined) return made("invalid", fault);
  if (sampleRatio !== null) return made("stopped-srm", { code: "sample-ratio" });
  const [winner, ...others] = verdicts
    .filter(({ state }) => state === "better")
    .sort((a, b) => improvementOf(b, treatments) - improvementOf(a, treatments));
  if (winner !== undefined)
    return made("winner", { ...winner, alsoBetter: others.map(({ variant }) => variant) });
  const harmful = verdicts.find(({ state }) => state === "worse");
  if (harmful !== undefined) return made("harm", harmful);
  const open = verdicts.filter(({ state }) => state === "undecided");
  const [first] = open.length > 0 ? open : verdicts;
  return made(open.length > 0 ? "collecting" : "no-difference", first as TreatmentVerdict);
}

interface About {
  readonly code: DecisionCode;
  readonly variant?: string | null;
  readonly metric?: string | null;
  readonly alsoBetter?: readonly string[];
}

/** The options with their defaults. @throws AttuneError `ATTUNE_STATS_INPUT` for what cannot be */
export function ruleOf(options: StoppingOptions): Required<StoppingOptions> {
  const rule = { ...STOPPING_DEFAULTS, ...options };
  for (const name of ["alpha", "guardrailAlpha"] as const)
    requireInput(
      rule[name] > 0 && rule[name] < 1,
      `/${name}`,
      "Give an error between 0 and 1, such as 0.05.",
    );
  for (const name of ["caring", "minimumDays", "minimumUnits", "minimumEvents"] as const)
    requireInput(Number.isFinite(rule[name]) && rule[name] >= 0, `/${name}`, "Give 0 or more.");
  requireInput(
    Number.isFinite(rule.tightestAt) && rule.tightestAt > 0,
    "/tightestAt",
    "Give the number of units that are planned: more than 0.",
  );
  return rule;
}

function missingIn(
  treatments: readonly TreatmentEvidence[],
  { minimumUnits }: Required<StoppingOptions>,
): About | undefined {
  if (treatments.length === 0) return { code: "no-treatment" };
  const without = treatments.find(({ primary, units }) => primary.length === 0 && units >= minimumUnits);
  return without && { code: "no-primary", variant: without.variant };
}

/** How much better, relative to the control, the metric is that speaks for it. */
function improvementOf({ variant, metric }: TreatmentVerdict, all: readonly TreatmentEvidence[]): number {
  const evidence = all
    .find((one) => one.variant === variant)
    ?.primary.find((one) => one.metric === metric) as MetricEvidence;
  const { control, treatment, baseline } = evidence.contrast;
  return (signOf(evidence) * (treatment.mean - control.mean)) / (Math.abs(baseline) || 1);
}

const signOf = ({ direction = "increase" }: MetricEvidence): 1 | -1 => (direction === "increase" ? 1 : -1);

interface Setting {
  readonly days: number | null;
  readonly rule: Required<StoppingOptions>;
  /** How many treatments share the errors. */
  readonly of: number;
}

/** A finding with both ends turned so that more is better. */
interface Judged {
  readonly evidence: MetricEvidence;
  readonly finding: MetricFinding;
  /** Least and most that it may be better by; null where nothing varies. */
  readonly gain: { readonly least: number; readonly most: number } | null;
}

function judge(evidence: MetricEvidence, alpha: number, tightestAt: number): Judged {
  const effect = sequentialEffect(evidence.contrast, { alpha, tightestAt });
  const finding = { metric: evidence.metric, effect, alpha };
  if (effect === null) return { evidence, finding, gain: null };
  const { lower, upper } = effect;
  const gain = signOf(evidence) > 0 ? { least: lower, most: upper } : { least: -upper, most: -lower };
  return { evidence, finding, gain };
}

function verdictOf(treatment: TreatmentEvidence, { days, rule, of }: Setting): TreatmentVerdict {
  const { variant, units } = treatment;
  const judged = (list: readonly MetricEvidence[], alpha: number): Judged[] =>
    list.map((one) => judge(one, alpha / (of * list.length), rule.tightestAt));
  const primary = judged(treatment.primary, rule.alpha);
  const guardrails = judged(treatment.guardrails, rule.guardrailAlpha).map((one) => ({
    ...one,
    state: guardrailState(one, rule),
  }));
  const settled = settle({ treatment, primary, guardrails, days, rule });
  return {
    ...{ variant, units, expectedLoss: null, acceptedLoss: null },
    ...settled,
    primary: primary.map(({ finding }) => finding),
    guardrails: guardrails.map(({ finding, state }) => ({ ...finding, state })),
  };
}

/** As much, in the units of the metric, as a share of the control's value is. */
const shareOf = ({ contrast: { baseline, treatment } }: MetricEvidence, share: number): number =>
  share * Math.abs(baseline === 0 ? treatment.mean : baseline);

const hasEnough = (
  { contrast: { events } }: MetricEvidence,
  { minimumEvents }: Required<StoppingOptions>,
): boolean => events === undefined || events >= minimumEvents;

function guardrailState(
  { evidence, gain }: Judged,
  rule: Required<StoppingOptions>,
): "harmed" | "safe" | "unclear" {
  if (gain === null || !hasEnough(evidence, rule)) return "unclear";
  const allowed = shareOf(evidence, evidence.margin ?? 0);
  // Where a margin is agreed on, less than that is no harm.
  if (gain.most < -allowed) return "harmed";
  return gain.least > -allowed ? "safe" : "unclear";
}

interface ToSettle {
  readonly treatment: TreatmentEvidence;
  readonly primary: readonly Judged[];
  readonly guardrails: readonly (Judged & { readonly state: "harmed" | "safe" | "unclear" })[];
  readonly days: number | null;
  readonly rule: Required<StoppingOptions>;
}

type Settled = Pick<TreatmentVerdict, "state" | "code" | "metric"> &
  Partial<Pick<TreatmentVerdict, "expectedLoss" | "acceptedLoss">>;

/** Harm shows as soon as there are enough units; all else waits for whole weeks. */
function settle({ treatment, primary, guardrails, days, rule }: ToSettle): Settled {
  const undecided = (code: DecisionCode, metric: string | null = null): Settled => ({
    state: "undecided",
    code,
    metric,
  });
  if (treatment.units < rule.minimumUnits) return undecided("too-few-units");
  const harmed = guardrails.find(({ state }) => state === "harmed");
  if (harmed) return { state: "worse", code: "guardrail-worse", metric: harmed.evidence.metric };
  const scarce = primary.find(({ evidence }) => !hasEnough(evidence, rule));
  if (scarce) return undecided("too-few-events", scarce.evidence.metric);
  const flat = primary.find(({ gain }) => gain === null);
  if (flat) return undecided("no-variance", flat.evidence.metric);
  const worse = primary.find(({ gain }) => (gain?.most ?? 0) < 0);
  if (worse) return { state: "worse", code: "primary-worse", metric: worse.evidence.metric };
  if (days !== null && days < rule.minimumDays) return undecided("too-few-days");
  const better = primary.find(({ gain }) => (gain?.least ?? 0) > 0);
  if (better) return settleBetter(better, guardrails, rule);
  const isNoBetter = primary.every(
    ({ evidence, gain }) => (gain?.most ?? 0) < shareOf(evidence, rule.caring),
  );
  const metric = primary[0]?.evidence.metric ?? null;
  return isNoBetter ? { state: "no-better", code: "no-better", metric } : undecided("not-clear", metric);
}

function settleBetter(
  { evidence }: Judged,
  guardrails: ToSettle["guardrails"],
  rule: Required<StoppingOptions>,
): Settled {
  const expectedLoss = evidence.expectedLoss();
  const acceptedLoss = shareOf(evidence, rule.caring);
  const losses = { expectedLoss, acceptedLoss };
  const about = (code: DecisionCode, metric: string): Settled => ({
    ...{ state: "undecided", code, metric },
    ...losses,
  });
  if (!(expectedLoss <= acceptedLoss)) return about("loss-too-high", evidence.metric);
  const open = guardrails.find(({ evidence: { margin }, state }) => margin !== undefined && state !== "safe");
  if (open) return about("guardrail-unclear", open.evidence.metric);
  return { state: "better", code: "better", metric: evidence.metric, ...losses };
}
