export { precomputed, precomputedCodes, type PrecomputedOptions } from "./precomputed.js";
export { type RegionHeaders, requestRegion } from "./request-region.js";
export type { VariantPages } from "./variant-pages.js";
export {
  type Middleware,
  type MiddlewareRequest,
  withAttune,
} from "./with-attune.js";
export type { Visit } from "./visit.js";
export type { WithAttuneOptions } from "./with-attune-options.js";
