export { precomputed, precomputedCodes, type PrecomputedOptions } from "./precomputed.js";
export { type RegionHeaders, requestRegion } from "./request-region.js";
export type { VariantPages } from "./variant-pages.js";
export {
  type Middleware,
  type MiddlewareRequest,
  type Visit,
  withAttune,
  type WithAttuneOptions,
} from "./with-attune.js";
