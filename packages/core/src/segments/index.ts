export { type Assess, type Assessed, type AssessmentOptions, compileAssessment } from "./assess.js";
export {
  compileSegments,
  type CompiledSegments,
  evaluateSegments,
  segmentChanges,
  type SegmentOptions,
} from "./evaluate.js";
export { segmentMatcher, type SegmentMatcher } from "./segment-expression.js";
export type { Memberships, SegmentChange, SegmentDefinition, SegmentExpression } from "./types.js";
