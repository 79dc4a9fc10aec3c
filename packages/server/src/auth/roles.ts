import type { Scope } from "./authenticate.js";

/** What somebody who signed in to the dashboard is there for. */
export type Role = "viewer" | "analyst" | "privacy-officer" | "admin";

const READS = ["read", "stream", "ruleset"] as const;

/** Nobody holds more than the work needs: who runs experiments reads no visitor's file, and who answers for privacy changes no experiment. */
const SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: READS,
  analyst: [...READS, "decide", "publish"],
  "privacy-officer": [...READS, "ingest", "privacy"],
  admin: [...READS, "decide", "ingest", "publish", "privacy", "manage"],
};

export const ROLES = Object.keys(SCOPES) as Role[];
export const isRole = (text: unknown): text is Role =>
  typeof text === "string" && Object.hasOwn(SCOPES, text);

export const scopesOf = (role: Role): readonly Scope[] => SCOPES[role];
