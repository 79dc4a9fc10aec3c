/** A law that a region pack follows. */
export interface RegionLaw {
  /** ISO 3166-2. */
  region: string;
  law: string;
  /** Where it stands. */
  citation: string;
  /** Since when it holds, ISO 8601. */
  since: string;
  /** Since when it wants an opt-out signal sent by the browser heeded, ISO 8601; null where it says nothing of one. */
  signalSince: string | null;
}

/**
 * The laws behind `US_STATES`, for documentation and for whoever has to check it. Sources: the acts as cited; in California the signal also by 11 CCR § 7025.
 * It says what was in force on 1 January 2026, and is no legal advice.
 */
export const REGION_LAWS: readonly RegionLaw[] = [
  {
    region: "US-CA",
    law: "California Consumer Privacy Act, as amended by the California Privacy Rights Act",
    citation: "Cal. Civ. Code § 1798.100 et seq.",
    since: "2020-01-01",
    signalSince: "2020-08-14",
  },
  {
    region: "US-VA",
    law: "Virginia Consumer Data Protection Act",
    citation: "Va. Code § 59.1-575 et seq.",
    since: "2023-01-01",
    signalSince: null,
  },
  {
    region: "US-CO",
    law: "Colorado Privacy Act",
    citation: "Colo. Rev. Stat. § 6-1-1301 et seq.",
    since: "2023-07-01",
    signalSince: "2024-07-01",
  },
  {
    region: "US-CT",
    law: "Connecticut Data Privacy Act",
    citation: "Conn. Gen. Stat. § 42-515 et seq.",
    since: "2023-07-01",
    signalSince: "2025-01-01",
  },
  {
    region: "US-UT",
    law: "Utah Consumer Privacy Act",
    citation: "Utah Code § 13-61-101 et seq.",
    since: "2023-12-31",
    signalSince: null,
  },
  {
    region: "US-FL",
    law: "Florida Digital Bill of Rights",
    citation: "Fla. Stat. § 501.701 et seq.",
    since: "2024-07-01",
    signalSince: null,
  },
  {
    region: "US-OR",
    law: "Oregon Consumer Privacy Act",
    citation: "Or. Rev. Stat. § 646A.570 et seq.",
    since: "2024-07-01",
    signalSince: "2026-01-01",
  },
  {
    region: "US-TX",
    law: "Texas Data Privacy and Security Act",
    citation: "Tex. Bus. & Com. Code § 541.001 et seq.",
    since: "2024-07-01",
    signalSince: "2025-01-01",
  },
  {
    region: "US-MT",
    law: "Montana Consumer Data Privacy Act",
    citation: "Mont. Code § 30-14-2801 et seq.",
    since: "2024-10-01",
    signalSince: "2025-01-01",
  },
  {
    region: "US-DE",
    law: "Delaware Personal Data Privacy Act",
    citation: "Del. Code tit. 6, § 12D-101 et seq.",
    since: "2025-01-01",
    signalSince: "2026-01-01",
  },
  {
    region: "US-IA",
    law: "Iowa Consumer Data Protection Act",
    citation: "Iowa Code § 715D.1 et seq.",
    since: "2025-01-01",
    signalSince: null,
  },
  {
    region: "US-NE",
    law: "Nebraska Data Privacy Act",
    citation: "Neb. Rev. Stat. § 87-1101 et seq.",
    since: "2025-01-01",
    signalSince: "2025-01-01",
  },
  {
    region: "US-NH",
    law: "New Hampshire Expectation of Privacy",
    citation: "N.H. Rev. Stat. ch. 507-H",
    since: "2025-01-01",
    signalSince: "2025-01-01",
  },
  {
    region: "US-NJ",
    law: "New Jersey Data Privacy Act",
    citation: "N.J. Stat. § 56:8-166.4 et seq.",
    since: "2025-01-15",
    signalSince: "2025-07-15",
  },
  {
    region: "US-TN",
    law: "Tennessee Information Protection Act",
    citation: "Tenn. Code § 47-18-3301 et seq.",
    since: "2025-07-01",
    signalSince: null,
  },
  {
    region: "US-MN",
    law: "Minnesota Consumer Data Privacy Act",
    citation: "Minn. Stat. ch. 325M",
    since: "2025-07-31",
    signalSince: "2025-07-31",
  },
  {
    region: "US-MD",
    law: "Maryland Online Data Privacy Act",
    citation: "Md. Code, Com. Law § 14-4701 et seq.",
    since: "2025-10-01",
    signalSince: "2025-10-01",
  },
  {
    region: "US-IN",
    law: "Indiana Consumer Data Protection Act",
    citation: "Ind. Code § 24-15",
    since: "2026-01-01",
    signalSince: null,
  },
  {
    region: "US-KY",
    law: "Kentucky Consumer Data Protection Act",
    citation: "Ky. Rev. Stat. § 367.3611 et seq.",
    since: "2026-01-01",
    signalSince: null,
  },
  {
    region: "US-RI",
    law: "Rhode Island Data Transparency and Privacy Protection Act",
    citation: "R.I. Gen. Laws § 6-48.1-1 et seq.",
    since: "2026-01-01",
    signalSince: null,
  },
];
