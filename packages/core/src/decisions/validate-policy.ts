import { isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import { suggestion } from "./report.js";
import type { Report } from "./report.js";
import { checkBandit, type CheckPolicy, checkSplit, type Known } from "./validate-assignment.js";
import { checkContextual } from "./validate-contextual.js";
import { checkFactorial } from "./validate-factorial.js";
import { checkRecommended } from "./validate-recommended.js";
import { checkRules } from "./validate-rules.js";

type Policies = Readonly<Record<string, CheckPolicy>>;

function checkOneOf(
  report: Report,
  path: string,
  [policy, known, policies]: [unknown, Known, Policies],
): void {
  if (!isObject(policy)) return;
  const type = policy["type"];
  if (typeof type === "string" && Object.hasOwn(policies, type))
    policies[type]?.(report, path, [policy, known]);
  else {
    const names = Object.keys(policies);
    const near = typeof type === "string" ? suggestion(type, names) : "";
    report.add(
      pointer(path, "type"),
      "UNKNOWN_POLICY",
      `A policy is of the type ${names.slice(0, -1).join(", ")} or ${names.at(-1)}.${near}`,
    );
  }
}

/** What may stand in a rule. */
const INNER: Policies = { split: checkSplit, bandit: checkBandit };
const checkInner: CheckPolicy = (report, path, [policy, known]) =>
  checkOneOf(report, path, [policy, known, INNER]);

const POLICIES: Policies = {
  rules: (report, path, [policy, known]) =>
    checkRules(report, path, [policy as Record<string, unknown>, known, checkInner]),
  split: checkSplit,
  factorial: checkFactorial,
  bandit: checkBandit,
  contextual: checkContextual,
  recommended: checkRecommended,
};

/** Checks a slot's policy. */
export const checkPolicy: CheckPolicy = (report, path, [policy, known]) =>
  checkOneOf(report, path, [policy, known, POLICIES]);
