import { isObject } from "../kernel/json.js";
import { fail, ok, pointer, type Issue, type Result } from "../kernel/result.js";
import { isMode, MODES, regionCode, versionKey } from "./policy.js";
import { PURPOSES, type ConsentPolicy } from "./types.js";

const KEYS = [
  "version",
  "mode",
  "regions",
  "purposes",
  "expiresAfterMs",
  "gpcDenies",
  "memoryBeforeDecision",
  "textHash",
];
const MODE_CURE = `Use one of ${MODES.map((mode) => `"${mode}"`).join(", ")}.`;
const OPTIONAL = PURPOSES.filter((purpose) => purpose !== "necessary");
/** Thirteen months: the longest that any supervisory authority lets a choice stand (CNIL). */
const LONGEST_MS = 395 * 86_400_000;

/**
 * The full check of a policy, for the moment it is written (build, admin door, tests). The page does without it: there
 * `resolvePolicy` narrows what it does not understand. All issues are listed, each with a JSON pointer and a cure.
 */
export function validateConsentPolicy(json: unknown): Result<ConsentPolicy, Issue[]> {
  const issues: Issue[] = [];
  const report = (path: string, message: string): void => {
    issues.push({ path, code: "ATTUNE_CONSENT_POLICY_INVALID", message });
  };
  if (!isObject(json)) {
    report("", "A consent policy must be an object with at least a `version`.");
    return fail(issues);
  }
  for (const key of Object.keys(json)) {
    if (!KEYS.includes(key)) report(pointer("", key), `Unknown key. Known are ${KEYS.join(", ")}.`);
  }
  const { version, mode, regions, expiresAfterMs, memoryBeforeDecision } = json;
  if (typeof version !== "string" || !version || versionKey(version) !== version) {
    report(
      "/version",
      "Must name the consent text in 1 to 64 letters, digits or `_ . ~ -`, for example a date.",
    );
  }
  if (mode !== undefined && !isMode(mode)) report("/mode", `Unknown mode. ${MODE_CURE}`);
  if (regions !== undefined) checkRegions(regions, report);
  checkPurposes(json.purposes, "/purposes", report);
  checkPurposes(json.gpcDenies, "/gpcDenies", report);
  const expiry = expiresAfterMs === undefined ? LONGEST_MS : expiresAfterMs;
  if (typeof expiry !== "number" || !(expiry > 0 && expiry <= LONGEST_MS)) {
    report("/expiresAfterMs", "Must be a number of milliseconds above 0 and at most 395 days.");
  }
  if (memoryBeforeDecision !== undefined && typeof memoryBeforeDecision !== "boolean") {
    report("/memoryBeforeDecision", "Must be true or false.");
  }
  const { textHash } = json;
  if (textHash !== undefined && !(typeof textHash === "string" && /^[0-9a-f]{64}$/.test(textHash)))
    report("/textHash", "Must be a SHA-256 in 64 hex digits, as `consentTextHash` makes it.");
  // Every field has been checked above, and only known fields are there.
  return issues.length ? fail(issues) : ok(json as unknown as ConsentPolicy);
}

type Report = (path: string, message: string) => void;

function checkRegions(regions: unknown, report: Report): void {
  if (!isObject(regions)) {
    report("/regions", 'Must map region codes to modes, for example { "DE": "opt-in" }.');
    return;
  }
  for (const [region, mode] of Object.entries(regions)) {
    const path = pointer("/regions", region);
    if (regionCode(region) !== region)
      report(path, "Must be an ISO 3166 code in capitals, such as `US` or `US-CA`.");
    if (!isMode(mode)) report(path, `Unknown mode. ${MODE_CURE}`);
  }
}

function checkPurposes(purposes: unknown, path: string, report: Report): void {
  if (purposes === undefined) return;
  if (!Array.isArray(purposes)) {
    report(path, `Must be a list of purposes out of ${OPTIONAL.join(", ")}.`);
    return;
  }
  purposes.forEach((purpose: unknown, i) => {
    if (!(OPTIONAL as readonly unknown[]).includes(purpose)) {
      report(
        pointer(path, i),
        `Unknown purpose. Known are ${OPTIONAL.join(", ")}; \`necessary\` needs no permission.`,
      );
    } else if (purposes.indexOf(purpose) !== i)
      report(pointer(path, i), "This purpose is listed twice; remove one.");
  });
}
