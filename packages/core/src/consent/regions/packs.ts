import type { ConsentMode } from "../types.js";

type Pack = Readonly<Record<string, ConsentMode>>;

/**
 * Where consent is asked for first: the European Union with those of its parts that have a country code of their own, the rest of the European
 * Economic Area, the United Kingdom and Switzerland. For `regions` of a policy, as `regions: { ...EUROPE, ...US_STATES }`.
 *
 * EU and EEA: Directive 2002/58/EC, art. 5(3), for what is kept on a device, with consent as in the GDPR (Regulation (EU) 2016/679), art. 4(11) and 7. United
 * Kingdom: the Privacy and Electronic Communications Regulations 2003, reg. 6, and the UK GDPR. Switzerland asks less (Telecommunications Act,
 * art. 45c: inform, and let people refuse; Data Protection Act, art. 6(7): explicit consent to high-risk profiling); it stands here
 * because consent satisfies both. `{ ...EUROPE, CH: "opt-out" }` says otherwise.
 */
export const EUROPE: Pack = {
  AT: "opt-in",
  BE: "opt-in",
  BG: "opt-in",
  CY: "opt-in",
  CZ: "opt-in",
  DE: "opt-in",
  DK: "opt-in",
  EE: "opt-in",
  ES: "opt-in",
  FI: "opt-in",
  FR: "opt-in",
  GR: "opt-in",
  HR: "opt-in",
  HU: "opt-in",
  IE: "opt-in",
  IT: "opt-in",
  LT: "opt-in",
  LU: "opt-in",
  LV: "opt-in",
  MT: "opt-in",
  NL: "opt-in",
  PL: "opt-in",
  PT: "opt-in",
  RO: "opt-in",
  SE: "opt-in",
  SI: "opt-in",
  SK: "opt-in",
  // Parts of France and Finland in which EU law holds (TFEU, art. 355), under codes of their own.
  AX: "opt-in",
  GF: "opt-in",
  GP: "opt-in",
  MF: "opt-in",
  MQ: "opt-in",
  RE: "opt-in",
  YT: "opt-in",
  // The rest of the European Economic Area.
  IS: "opt-in",
  LI: "opt-in",
  NO: "opt-in",
  GB: "opt-in",
  CH: "opt-in",
};

/**
 * The states of the US whose consumer privacy laws are in force on 1 January 2026 and let people opt out of the sale of their data and of
 * targeted advertising: {@link REGION_LAWS} names each law, since when it holds, and since when it wants a signal such as Global Privacy Control
 * heeded. Attune heeds the signal everywhere. What these laws want consent for first (sensitive data, children's) is for the host to see to: it is
 * no purpose of ours.
 *
 * Other states are where the policy's `US`, or else its `mode`, puts them.
 */
export const US_STATES: Pack = {
  "US-CA": "opt-out",
  "US-CO": "opt-out",
  "US-CT": "opt-out",
  "US-DE": "opt-out",
  "US-FL": "opt-out",
  "US-IA": "opt-out",
  "US-IN": "opt-out",
  "US-KY": "opt-out",
  "US-MD": "opt-out",
  "US-MN": "opt-out",
  "US-MT": "opt-out",
  "US-NE": "opt-out",
  "US-NH": "opt-out",
  "US-NJ": "opt-out",
  "US-OR": "opt-out",
  "US-RI": "opt-out",
  "US-TN": "opt-out",
  "US-TX": "opt-out",
  "US-UT": "opt-out",
  "US-VA": "opt-out",
};

/**
 * Places beyond Europe whose law, or whose authority's reading of it, wants consent to what is not needed: Brazil (Law 13.709/2018, art. 7 and 8, and its authority's
 * guide to cookies of October 2022), Türkiye (Law 6698, art. 5, and its authority's guide to cookies of June 2022), Québec (Act respecting
 * the protection of personal information in the private sector, s. 8.1: what identifies, locates or profiles is off until switched on).
 * No list of all such places: what is not here is as the policy says.
 */
export const OPT_IN_ELSEWHERE: Pack = {
  BR: "opt-in",
  "CA-QC": "opt-in",
  TR: "opt-in",
};
