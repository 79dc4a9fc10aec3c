/**
 * `ingest`, `decide`, `ruleset` and, of its own visitor, `stream` are what a page may do; the others are for the host and its people: `read` figures and results, `publish` rulesets and experiments,
 * `privacy` for what is held of visitors and who did what with it, `manage` the server itself.
 */
export type Scope = "ingest" | "decide" | "ruleset" | "stream" | "read" | "publish" | "privacy" | "manage";

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
