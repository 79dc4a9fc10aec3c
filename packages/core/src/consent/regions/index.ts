export { EUROPE, OPT_IN_ELSEWHERE, US_STATES } from "./packs.js";
export { REGION_LAWS, type RegionLaw } from "./laws.js";
