export { type Assess, type Assessed, compileAssessment } from "./assess.js";
export { compileSegments, type CompiledSegments, evaluateSegments, segmentChanges } from "./evaluate.js";
export { segmentMatcher, type SegmentMatcher } from "./segment-expression.js";
export type { Memberships, SegmentChange, SegmentDefinition, SegmentExpression } from "./types.js";
