export { adwin, type AdwinDetector, type AdwinOptions, type AdwinState } from "./adwin.js";
export { featureDrift, holm } from "./feature-drift.js";
export { compareCounts, type CountsComparison } from "./compare-counts.js";
export {
  kolmogorovSmirnov,
  type KolmogorovSmirnovOptions,
  kolmogorovSurvival,
} from "./kolmogorov-smirnov.js";
export {
  pageHinkley,
  type PageHinkleyDetector,
  type PageHinkleyOptions,
  type PageHinkleyState,
} from "./page-hinkley.js";
export { populationStabilityIndex, psiOfCounts, type PsiOptions } from "./population-stability-index.js";
export type * from "./types.js";
export {
  type CalibrationDrift,
  calibrationDrift,
  type CalibrationDriftOptions,
} from "./calibration-drift.js";
export { wassersteinDistance } from "./wasserstein-distance.js";
