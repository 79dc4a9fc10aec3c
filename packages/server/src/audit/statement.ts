import { type ConsentPolicy, type Purpose, PURPOSES, validateConsentPolicy } from "@attune/core/consent";
import type { Issue, Result } from "@attune/core";
import { tokenCookie } from "@attune/core/policy";
import type { Need } from "./types.js";

/** Selectors to be clicked one after the other. */
export type Clicks = Readonly<Record<string, readonly string[]>>;

/** How a visit decides: as another tab of the site would (`record`), by Attune's banner, or by clicks that the site names for each state. */
export type DecideBy = "record" | "banner" | Clicks;

/** What a site says of itself: its consent policy, and what of all that its pages store and send needs which purpose. */
export interface Statement {
  consent: ConsentPolicy;
  /** The engine's `site`. */
  site: string;
  region: string | null;
  /** Where the Attune server answers; a path is one of the page's own host. */
  endpoint: string;
  /** Hosts beside the page's that are the site's own. */
  own: readonly string[];
  cookies: Readonly<Record<"consent" | "visitor", string>>;
  decideBy: DecideBy;
  /** To be visited after the first; empty: links are followed. */
  paths: readonly string[];
  needs: readonly Need[];
}

/** What holds for a site that states nothing: Attune's own defaults. */
export const NO_STATEMENT: Statement = {
  consent: { version: "1" },
  site: "default",
  region: null,
  endpoint: "",
  own: [],
  cookies: { consent: "attune-consent", visitor: "attune-visitor" },
  decideBy: "record",
  paths: [],
  needs: [],
};

const KEYS = Object.keys(NO_STATEMENT);
const OPTIONAL = PURPOSES.filter((purpose) => purpose !== "necessary");
const CODE = "ATTUNE_AUDIT_POLICY";

type Report = (path: string, message: string) => void;
type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** Reads a policy file. All that is wrong with it is listed, with JSON pointers. */
export function parseStatement(json: unknown): Result<Statement, Issue[]> {
  const issues: Issue[] = [];
  const report: Report = (path, message) => issues.push({ path, code: CODE, message });
  if (!isObject(json))
    return { ok: false, error: [{ path: "", code: CODE, message: "Must be a JSON object." }] };
  for (const key of Object.keys(json))
    if (!KEYS.includes(key)) report(`/${key}`, `Unknown key. Known are ${KEYS.join(", ")}.`);
  const policy = json.consent === undefined ? null : validateConsentPolicy(json.consent);
  if (policy?.ok === false) for (const issue of policy.error) report(`/consent${issue.path}`, issue.message);
  for (const key of ["site", "region"] as const)
    if (json[key] !== undefined && !isText(json[key])) report(`/${key}`, "Must be a text.");
  if (json.endpoint !== undefined && typeof json.endpoint !== "string")
    report("/endpoint", "Must be the address or path that pages send to.");
  for (const key of ["own", "paths"] as const)
    if (json[key] !== undefined && !isTexts(json[key])) report(`/${key}`, "Must be a list of texts.");
  checkCookies(json.cookies, report);
  checkDecideBy(json.decideBy, report);
  checkNeeds(json.needs, report);
  if (issues.length > 0) return { ok: false, error: issues };
  // Every field has been checked above, and only known fields are there.
  const given = json as Partial<Statement>;
  const cookies = { ...NO_STATEMENT.cookies, ...given.cookies };
  return { ok: true, value: { ...NO_STATEMENT, ...given, cookies } };
}

function checkCookies(given: unknown, report: Report): void {
  if (given === undefined) return;
  const known = Object.keys(NO_STATEMENT.cookies);
  const isRight =
    isObject(given) && Object.entries(given).every(([key, name]) => known.includes(key) && isText(name));
  if (!isRight) report("/cookies", 'Must name cookies, as in { "consent": "attune-consent" }.');
}

function checkDecideBy(given: unknown, report: Report): void {
  if (given === undefined || given === "record" || given === "banner") return;
  if (!isObject(given) || !Object.values(given).every((list) => isTexts(list) && list.length > 0))
    report(
      "/decideBy",
      'Must be "record", "banner", or selectors to click for each state, as in { "granted": ["#accept"], "denied": ["#reject"] }.',
    );
}

function checkNeeds(given: unknown, report: Report): void {
  if (given === undefined) return;
  if (!Array.isArray(given)) return report("/needs", "Must be a list.");
  given.forEach((need: unknown, index) => {
    const path = `/needs/${index}`;
    if (!isObject(need)) return report(path, "Must be an object with `what` and `purposes`.");
    if (!isText(need.what) || !/^(https?:\/\/|wss?:\/\/|\/|[a-zA-Z]+:)/.test(need.what))
      report(
        `${path}/what`,
        "Must name a thing on the device (`cookie:_ga*`, `localStorage:cart`) or an address (`https://host/path*`, `/path`).",
      );
    const { purposes, why, carriesText } = need;
    const isKnown = (purpose: unknown): boolean => (PURPOSES as readonly unknown[]).includes(purpose);
    if (!Array.isArray(purposes) || purposes.length === 0 || !purposes.every(isKnown))
      report(`${path}/purposes`, `Must list one or more of ${PURPOSES.join(", ")}; any of them is enough.`);
    if (why !== undefined && !isText(why)) report(`${path}/why`, "Must be a text.");
    if (carriesText !== undefined && typeof carriesText !== "boolean")
      report(`${path}/carriesText`, "Must be true or false.");
    const known = ["what", "purposes", "why", "carriesText"];
    for (const key of Object.keys(need))
      if (!known.includes(key)) report(`${path}/${key}`, `Unknown key. Known are ${known.join(", ")}.`);
  });
}

/** What Attune itself keeps and sends, and under which purposes. Requests go to the endpoint alone. */
export function ownNeeds({ site, cookies, endpoint }: Statement): Need[] {
  const known: readonly Purpose[] = ["analytics", "personalization"];
  return [
    {
      what: `cookie:${cookies.consent}`,
      purposes: ["necessary"],
      why: "What was decided, so that nobody is asked twice",
    },
    { what: `cookie:${cookies.visitor}`, purposes: known, why: "Attune's visitor id" },
    {
      what: `cookie:${tokenCookie("default")}*`,
      purposes: OPTIONAL,
      why: "The token by which visitors see and delete what is kept of them",
    },
    {
      what: `IndexedDB:attune-${site}`,
      purposes: OPTIONAL,
      why: "Attune's queue of events, and the visit so far",
    },
    {
      what: `${endpoint}/api/v1/behavioral/consent`,
      purposes: ["necessary"],
      why: "Proof of what was decided",
    },
    { what: `${endpoint}/api/v1/behavioral/*`, purposes: OPTIONAL, why: "Attune's events" },
    { what: `${endpoint}/api/v1/decisions`, purposes: ["personalization"], why: "Attune's decisions" },
  ];
}

/** The one request that is allowed before a decision, as long as it tells nothing of who asks. */
export const rulesetNeed = ({ endpoint }: Statement): Need => ({
  what: `${endpoint}/api/v1/ruleset`,
  purposes: ["necessary"],
  why: "Attune's ruleset, fetched without cookies and without an id",
});
