import type { Decision, ExplanationStep } from "@attune/core";

/** The texts of the drawer: a reason or a step in, a sentence out. */
const REASONS: Readonly<Record<Decision["reason"], string>> = {
  rule: "A rule matched.",
  split: "You are in an experiment: half of the visitors see each version, by chance.",
  override: "It was chosen by hand.",
  "no-match": "No rule matched, so you see what everybody sees.",
  "not-targeted": "It is not meant for this kind of visit.",
  "not-covered": "Only some visitors take part, and you are not one of them.",
  "no-identity": "Nothing tells your visits apart, so you see what everybody sees.",
  consent: "You have not allowed personalisation, so you see what everybody sees.",
  "unknown-slot": "Nothing is set up for this place.",
  "not-ready": "The rules have not arrived yet.",
  error: "Something went wrong, so you see what everybody sees.",
};

const plain = (name: unknown): string => String(name).replace(/-/g, " ");

export function reasonText(decision: Decision, steps: readonly ExplanationStep[]): string {
  const matched = steps.find((step) => step.step === "rule" && step.passed);
  if (decision.reason !== "rule" || matched === undefined) return REASONS[decision.reason];
  const { rule, segment, condition } = matched.detail;
  if (segment != null) return `Because you are in the group “${plain(segment)}” (rule “${plain(rule)}”).`;
  return `Because of ${Object.entries((condition ?? {}) as Record<string, unknown>)
    .map(clause)
    .join(" and ")} (rule “${plain(rule)}”).`;
}

const clause = ([name, wanted]: [string, unknown]): string =>
  `${name.replace(/([A-Z])/g, " $1").toLowerCase()} ${typeof wanted === "object" ? JSON.stringify(wanted) : `“${String(wanted)}”`}`;

export function stepText({ step, passed, detail }: ExplanationStep): string {
  switch (step) {
    case "slot":
      return passed ? "This place is set up." : "This place is not set up.";
    case "consent":
      return passed
        ? "You allow what it needs."
        : `It needs your permission for: ${(detail.missing as string[]).join(", ")}.`;
    case "targeting":
      return passed ? "It is meant for visits like this." : "It is not meant for visits like this.";
    case "rule":
      return `Rule “${plain(detail.rule)}”: ${passed ? "matched" : "no match"}.`;
    case "split":
      return passed
        ? `Experiment “${plain(detail.experiment)}”: assigned by chance.`
        : `Experiment “${plain(detail.experiment)}”: not assigned.`;
    case "result":
      return `Result: ${plain(detail.variant)}${typeof detail.propensity === "number" && detail.propensity < 1 ? `, with probability ${detail.propensity}` : ""}.`;
  }
}
