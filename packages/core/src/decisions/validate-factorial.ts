import { isHostileKey, isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import { aliasing, basicFactors, cellCount, MAX_CELLS } from "./factorial.js";
import { OBJECT } from "./report.js";
import type { Report, Shape } from "./report.js";
import type { FactorialPolicy } from "./types.js";
import { ASSIGNING, checkAssigning, type CheckPolicy } from "./validate-assignment.js";

const FACTORIAL: Shape = { ...ASSIGNING, "factors!": OBJECT, generators: OBJECT };
/** They are bits of one number where it is worked out what a fraction cannot tell apart. */
const MAX_FACTORS = 20;

/** Names of factors and levels make up names of variants. */
function checkParts(report: Report, at: string, named: Record<string, unknown>): boolean {
  const wrong = Object.keys(named).filter((name) => !/^[^:,]{1,64}$/.test(name) || isHostileKey(name));
  for (const name of wrong)
    report.add(
      pointer(at, name),
      "INVALID_NAME",
      "Names of factors and levels are 1 to 64 characters without `:` and `,`, of which variants' names are made, and none of JavaScript's own. Rename it.",
    );
  return wrong.length === 0;
}

function checkFactors(report: Report, at: string, factors: Record<string, unknown>): boolean {
  const names = Object.keys(factors);
  let fine = checkParts(report, at, factors);
  if (names.length === 0 || names.length > MAX_FACTORS) {
    fine = false;
    report.add(at, "INVALID_FACTORS", `Give 1 to ${MAX_FACTORS} factors.`);
  }
  for (const name of names) {
    const own = pointer(at, name);
    const levels = factors[name];
    if (!isObject(levels) || Object.keys(levels).length < 2) {
      fine = false;
      report.add(own, "INVALID_FACTORS", "A factor has two levels at least: { level: value, level: value }.");
    } else fine = checkParts(report, own, levels) && fine;
  }
  return fine;
}

function checkGenerators(
  report: Report,
  at: string,
  [factors, generators]: [FactorialPolicy["factors"], Record<string, unknown>],
): boolean {
  const basic = basicFactors({ factors, generators: generators as FactorialPolicy["generators"] & object });
  const before = report.issues.length;
  const isFraction = Object.keys(generators).length > 0;
  for (const [factor, levels] of Object.entries(factors)) {
    if (isFraction && Object.keys(levels).length !== 2)
      report.add(
        at,
        "INVALID_GENERATOR",
        `Fractions are of designs whose factors all have two levels, and ${factor} has more. Take its levels or the generators away.`,
      );
  }
  for (const [factor, product] of Object.entries(generators)) {
    const own = pointer(at, factor);
    const isProduct =
      Array.isArray(product) &&
      product.length >= 2 &&
      new Set(product).size === product.length &&
      product.every((parent) => basic.includes(parent as string));
    if (!Object.hasOwn(factors, factor))
      report.add(own, "INVALID_GENERATOR", "There is no factor of this name.");
    else if (!isProduct)
      report.add(
        own,
        "INVALID_GENERATOR",
        `Name two or more of the factors that vary freely, each once: ${basic.join(", ")}.`,
      );
  }
  return report.issues.length === before;
}

/** A fraction must tell its main effects apart. */
function checkAliases(report: Report, at: string, policy: FactorialPolicy): void {
  for (const { effect, with: others } of aliasing(policy).aliases) {
    const main = others.find((other) => other.length === 1);
    if (effect.length === 1 && main)
      report.add(
        at,
        "ALIASED_MAIN_EFFECTS",
        `By these generators ${effect[0]} and ${main[0]} always change together: neither's effect could be told. Give them products of other factors.`,
      );
  }
}

export const checkFactorial: CheckPolicy = (report, path, [policy]) => {
  const fields = checkAssigning(report, path, [policy, FACTORIAL]);
  const factors = fields?.["factors"] as Record<string, unknown> | undefined;
  if (!factors || !checkFactors(report, pointer(path, "factors"), factors)) return;
  const generators = (fields?.["generators"] ?? {}) as Record<string, unknown>;
  const design = { ...(policy as FactorialPolicy), generators: generators as Record<string, string[]> };
  const at = pointer(path, "generators");
  if (!checkGenerators(report, at, [design.factors, generators])) return;
  checkAliases(report, at, design);
  const count = cellCount(design);
  if (count > MAX_CELLS)
    report.add(
      pointer(path, "factors"),
      "TOO_MANY_CELLS",
      `This makes ${count} combinations; there may be ${MAX_CELLS}. Use fewer factors or levels, or a fraction.`,
    );
};
