import type { Decision, ExplanationStep } from "@attune/core";
import type { SLOTS } from "~/attune/config";
import { groupMeaning, groupName, purposeName, shelfName, variantName } from "./insight-words";

/** The sentences of the drawer: a reason or a step in, a sentence out. */
const REASONS: Readonly<Record<Decision["reason"], string>> = {
  rule: "It fits what you did.",
  split: "Half of the visitors see each version, drawn by lot, so that we learn which one is clearer.",
  override: "It was chosen by hand.",
  "no-match": "Nothing you did points elsewhere, so you see what everybody sees.",
  "not-targeted": "It is not meant for this kind of visit.",
  "not-covered": "Only some visitors take part, and you are not one of them.",
  "no-identity": "Nothing tells your visits apart, so you see what everybody sees.",
  consent: "You have not allowed personal content, so you see what everybody sees.",
  "unknown-slot": "Nothing is set up for this place.",
  "not-ready": "The rules have not arrived yet.",
  error: "Something went wrong, so you see what everybody sees.",
};

export function reasonText(decision: Decision, steps: readonly ExplanationStep[]): string {
  const matched = steps.find((step) => step.step === "rule" && step.passed);
  if (decision.reason !== "rule" || matched === undefined) return REASONS[decision.reason];
  const { segment, condition } = matched.detail;
  if (typeof segment === "string")
    return `Because you are in the group “${groupName(segment)}”: ${groupMeaning(segment)}.`;
  return `Because ${clauses(condition, true).join(" and ")}.`;
}

/** The conditions of attune/ruleset.json as statements about the reader, or as their opposites. */
function clauses(condition: unknown, holds: boolean): string[] {
  const is = holds ? "is" : "is not";
  return Object.entries((condition ?? {}) as Record<string, unknown>).map(([name, wanted]) => {
    if (name === "recentCategory") return `the shelf you looked at last ${is} ${shelfName(String(wanted))}`;
    if (name === "topCategory") return `the shelf you look at most ${is} ${shelfName(String(wanted))}`;
    if (name === "cartValue")
      return holds ? "your bag holds less than €60" : "your bag is empty, or holds €60 and more";
    return `${name} ${is} ${JSON.stringify(wanted)}`;
  });
}

function ruleText({ passed, detail: { segment, condition } }: ExplanationStep): string {
  const text =
    typeof segment === "string"
      ? `you are ${passed ? "" : "not "}in the group “${groupName(segment)}”`
      : clauses(condition, passed).join(" and ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function stepText({ slot, step }: { slot: (typeof SLOTS)[number]; step: ExplanationStep }): string {
  const { passed, detail } = step;
  switch (step.step) {
    case "slot":
      return passed ? "Something is set up for this place." : "Nothing is set up for this place.";
    case "consent":
      return passed
        ? "You allow what it needs."
        : `It needs your permission for: ${(detail.missing as string[]).map(purposeName).join(", ")}.`;
    case "targeting":
      return passed ? "It is meant for visits like this." : "It is not meant for visits like this.";
    case "rule":
      return ruleText(step);
    case "split":
      return passed ? "A lot was drawn for you, once and for all." : "No lot was drawn for you.";
    case "result":
      return `So you see: ${variantName(slot, detail.variant as string | null)}.${chance(detail.propensity)}`;
  }
}

const chance = (propensity: unknown): string =>
  typeof propensity === "number" && propensity < 1 ? ` ${Math.round(propensity * 100)}% of visitors do.` : "";
