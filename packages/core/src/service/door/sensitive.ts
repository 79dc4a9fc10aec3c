import { placedIn } from "../../decisions/placed-assignments.js";
import type { Draw, Ruleset, Measured, Summed } from "../../decisions/types.js";
import { AttuneError } from "../../kernel/errors.js";
import type { Issue } from "../../kernel/result.js";
import { pointer } from "../../kernel/result.js";
import { attributesRead } from "../../targeting/attributes-read.js";
import type { Condition } from "../../targeting/types.js";

/** What features, counters and evidence are made of: what they say of it lies in states and sums, where nobody could seal it. */
export const READ_BY_THE_SERVICE = [
  "category",
  "brand",
  "price",
  "quantity",
  "revenue",
  "total",
  "discount",
  "on_sale",
  "depth",
  "activeMs",
  "slot",
  "variant",
  "experiment",
  "bucketVersion",
  "kept",
  "traits",
] as const;

const FIELD = /^(?:properties|traits)(?:\.[^.]+)+$/;
const MAX_FIELDS = 64;

const wrong = (message: string, index: number): AttuneError =>
  new AttuneError("ATTUNE_SERVICE_SENSITIVE", message, { path: `/sensitive/${index}` });

const isBelow = (name: string, above: string): boolean => name === above || name.startsWith(`${above}.`);

/**
 * The fields that a host marks as sensitive, each once and none below another.
 *
 * @throws AttuneError `ATTUNE_SERVICE_SENSITIVE` for what names no field, and for one that the service itself reads.
 */
export function sensitiveFields(given: readonly string[]): readonly string[] {
  // Hosts in JavaScript may have given a single one.
  if (!Array.isArray(given))
    throw new AttuneError(
      "ATTUNE_SERVICE_SENSITIVE",
      "Sensitive fields are named in a list; wrap a single one in [ ].",
      { path: "/sensitive" },
    );
  if (given.length > MAX_FIELDS) throw wrong(`At most ${MAX_FIELDS} fields can be sensitive.`, MAX_FIELDS);
  const fields = given.map((field, index) => {
    const name = String(field).replace(/^properties\.traits(?=\.)/, "traits");
    if (!FIELD.test(name))
      throw wrong('Name a field below "properties" or "traits", as in "properties.diagnosis".', index);
    const [root, first] = name.split(".");
    if (root === "properties" && (READ_BY_THE_SERVICE as readonly string[]).includes(first as string))
      throw wrong(
        `"${name}" cannot be sealed: features or counters are made of it. Send what is sensitive under another name.`,
        index,
      );
    return name;
  });
  return [...new Set(fields)].filter(
    (field) => !fields.some((other) => other !== field && isBelow(field, other)),
  );
}

/** What metrics read of events. */
function measuredIn({ metrics = {} }: Ruleset): { path: string; measured: Measured | Summed }[] {
  return Object.entries(metrics).flatMap(([name, metric]) => {
    const at = pointer("/metrics", name);
    if (metric.type !== "ratio") return [{ path: at, measured: metric }];
    const { numerator, denominator } = metric;
    return [
      { path: `${at}/numerator`, measured: numerator },
      { path: `${at}/denominator`, measured: denominator },
    ];
  });
}

/** Conditions, draws, contexts and metrics that read a sensitive field: they could never come out, since segments, decisions and sums do not see its value. */
export function sensitiveConditions(ruleset: Ruleset, fields: readonly string[]): Issue[] {
  const issues: Issue[] = [];
  const look = (path: string, condition: unknown): void => {
    for (const name of Object.keys(attributesRead((condition ?? {}) as Condition, {}))) {
      const field = fields.find((one) => isBelow(name, one) || isBelow(one, name));
      if (field === undefined) continue;
      const message = `"${field}" is sensitive: no condition, split or metric can read it. Decide by something that is not, such as a coarser trait.`;
      issues.push({ path, code: "ATTUNE_SERVICE_SENSITIVE", message });
    }
  };
  for (const [name, group] of Object.entries(ruleset.groups ?? {}))
    if ("condition" in group) look(`${pointer("/groups", name)}/condition`, group.condition);
  for (const [index, { enter, exit }] of (ruleset.segments ?? []).entries()) {
    look(`/segments/${index}/enter`, enter);
    look(`/segments/${index}/exit`, exit);
  }
  for (const [name, { targeting, policy }] of Object.entries(ruleset.slots)) {
    const at = pointer("/slots", name);
    look(`${at}/targeting`, targeting);
    for (const [index, path] of (policy.type === "recommended" ? policy.history : []).entries())
      look(`${at}/policy/history/${index}`, { [path]: { $exists: true } });
    if (policy.type !== "rules") continue;
    for (const [index, { when }] of policy.rules.entries()) look(`${at}/policy/rules/${index}/when`, when);
  }
  const lookAt = (path: string, attribute: string | undefined): void => {
    if (attribute !== undefined) look(path, { [attribute]: { $exists: true } });
  };
  const lookAtDraw = (path: string, { hashAttribute, fallbackAttribute }: Draw): void => {
    lookAt(`${path}/hashAttribute`, hashAttribute);
    lookAt(`${path}/fallbackAttribute`, fallbackAttribute);
  };
  for (const field of ["holdouts", "exclusionGroups"] as const)
    for (const [name, draw] of Object.entries(ruleset[field] ?? {}))
      lookAtDraw(pointer(`/${field}`, name), draw);
  for (const { path, measured } of measuredIn(ruleset)) {
    look(`${path}/where`, measured.where);
    if ("value" in measured) lookAt(`${path}/value`, `properties.${measured.value}`);
  }
  for (const { path, policy } of placedIn(ruleset)) {
    lookAtDraw(path, policy);
    for (const [index, { attribute }] of (policy.type === "contextual" ? policy.context : []).entries())
      lookAt(`${path}/context/${index}/attribute`, attribute);
  }
  return issues;
}
