export {
  type AlwaysValid,
  type AlwaysValidOptions,
  alwaysValidTest,
  mixtureTest,
} from "./effects/always-valid.js";
export { cuped, type CupedMoments, cupedSummary } from "./effects/cuped.js";
export { type Effect, effectOf } from "./effects/effect.js";
export {
  type CupedSummary,
  type Moments,
  momentsOf,
  type RatioSummary,
  type Summary,
} from "./effects/moments.js";
export {
  type EffectPrior,
  type NormalEffect,
  normalEffect,
  type NormalEffectOptions,
  normalLoss,
} from "./effects/normal-effect.js";
export { sampleSize, type SampleSize, type SampleSizeInput } from "./effects/power.js";
export { type FixedTest, welchTest } from "./effects/welch.js";
export {
  type AliasedEffect,
  type Cell,
  type FactorialEffect,
  factorialEffects,
  type FractionalDesign,
  fractionalFactorialEffects,
} from "./factorial.js";
export {
  type EmpiricalBayes,
  empiricalBayesGroups,
  fullBayesGroups,
  type GroupEstimates,
  type Shrunk,
  shrinkTowardsMean,
} from "./hierarchical.js";
export type { Difference } from "./level.js";
export { type NormalBelief, probabilityToBeBestMean } from "./means/best-mean.js";
export { compareLogNormal, type LogNormalComparison, sampleOfLogs } from "./means/log-normal.js";
export {
  compareNormalInverseGamma,
  type MeanComparison,
  type NormalInverseGamma,
  normalInverseGammaPosterior,
  type Sample,
  sampleOf,
} from "./means/normal-inverse-gamma.js";
export { compareEventRates, type EventCount, type GammaComparison } from "./means/rate-of-events.js";
export {
  compareOrderValues,
  compareRevenue,
  type Revenue,
  type RevenueComparison,
  type RevenuePrior,
} from "./means/revenue.js";
export type { Contrast, Method, MethodReason } from "./models/model.js";
export type { MetricPriors } from "./models/model-of.js";
export type { CountSums, MetricSums, PastSums, RevenueSums } from "./models/sums.js";
export {
  type ExperimentPlan,
  planExperiment,
  type PlanInput,
  type PlannedMetric,
} from "./plan-experiment.js";
export type { BetaShape } from "./posterior/beta-curve.js";
export type { Interval } from "./posterior/difference.js";
export type { GammaShape } from "./posterior/gamma-curve.js";
export {
  type BestOfArms,
  expectedLoss,
  type ForBoth,
  probabilityToBeat,
  probabilityToBeBest,
  withFloor,
} from "./rates/compare-rates.js";
export {
  credibleInterval,
  type CredibleInterval,
  type CredibleIntervalOptions,
} from "./rates/credible-interval.js";
export { type Counts, ratePosterior } from "./rates/posterior.js";
export { analyzeExperiment } from "./report/analyze-experiment.js";
export type {
  ByVariant,
  DimensionInput,
  ExperimentInput,
  FactorialInput,
  HoldoutInput,
  LookInput,
  MetricInput,
  MetricRole,
  Stage,
  VariantInput,
} from "./report/input.js";
export type {
  AlwaysValidReport,
  ArmReport,
  ComparisonReport,
  Corrections,
  DensityReport,
  DimensionReport,
  Estimate,
  ExperimentReport,
  FactorialReport,
  Finding,
  GroupReport,
  HoldoutReport,
  Loss,
  LossCause,
  MetricReport,
  Note,
  NoteCode,
  RatioState,
  RatioTest,
  SampleRatioReport,
  Severity,
  StageReport,
  VariantReport,
} from "./report/report.js";
export { rankProbabilities } from "./rates/rank-rates.js";
export {
  type SampleRatio,
  sampleRatioMismatch,
  sequentialSampleRatio,
  type SequentialSampleRatio,
  type SequentialSampleRatioOptions,
} from "./sample-ratio.js";
export { betaCdf, betaQuantile, type CdfAndSf } from "./special/beta.js";
export { chiSquaredSf } from "./special/chi-squared.js";
export { kolmogorovSf } from "./special/kolmogorov.js";
export { logBeta, logGamma } from "./special/log-gamma.js";
export { normalCdf, normalPdf, normalQuantile } from "./special/normal.js";
export { metricEvidence, type MetricReading } from "./stopping/metric-evidence.js";
export type { SequentialEffect } from "./stopping/sequential-effect.js";
export { STOPPING_DEFAULTS, stoppingRule } from "./stopping/stopping-rule.js";
export type {
  Decision,
  DecisionCode,
  DecisionState,
  Direction,
  GuardrailState,
  MetricEvidence,
  MetricFinding,
  StoppingEvidence,
  StoppingOptions,
  TreatmentEvidence,
  TreatmentState,
  TreatmentVerdict,
} from "./stopping/types.js";
export { studentTCdf, studentTQuantile } from "./special/student-t.js";
