import type { Decision, Explanation, ExplanationStep, JsonValue } from "@attune/core";
import type { ExplainMessages } from "./messages/types.js";

type Detail = ExplanationStep["detail"];

const text = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(text).join(", ")
    : typeof value === "string"
      ? value
      : JSON.stringify(value);

const isObject = (value: unknown): value is Readonly<Record<string, JsonValue>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The clauses of a condition, one sentence each; what has no simple words stands as it is written. */
function conditionText(
  condition: unknown,
  attributes: unknown,
  { clause, operators }: ExplainMessages,
): string[] {
  const known = isObject(attributes) ? attributes : {};
  return Object.entries(isObject(condition) ? condition : {}).flatMap(([name, wanted]) => {
    if (name.startsWith("$")) return [`${name} ${JSON.stringify(wanted)}`];
    const found = Object.hasOwn(known, name) ? text(known[name]) : undefined;
    const tests = isObject(wanted) ? Object.entries(wanted) : [["$eq", wanted] as const];
    return tests.map(([operator, value]) =>
      clause(name, operators[operator] ?? operator, text(value), found),
    );
  });
}

/** What a rule, a targeting or a consent asks for, and what it comes to. */
function asked(step: ExplanationStep["step"], detail: Detail, messages: ExplainMessages): string {
  const { segment, condition, attributes, purposes, missing, experiment, variant, history } = detail;
  const parts = (): string[] => {
    if (step === "consent") {
      const named = (missing as string[]).length > 0 ? missing : purposes;
      return (named as (keyof ExplainMessages["purposes"])[]).map((purpose) => messages.purposes[purpose]);
    }
    if (step === "split") return [text(experiment)];
    if (step === "recommended") return [text(history)];
    if (step === "result") return [messages.variant((variant ?? null) as string | null)];
    const clauses = conditionText(condition, attributes, messages);
    return segment == null ? clauses : [messages.inSegment(text(segment)), ...clauses];
  };
  return parts().join("; ") || messages.nothing;
}

/** A step as a sentence. */
export const stepText = ({ step, passed, detail }: ExplanationStep, messages: ExplainMessages): string =>
  messages.step[step][passed ? "passed" : "failed"](step === "slot" ? "" : asked(step, detail, messages));

/** What would have to be so for another variant. */
export function changeText(
  { code, detail }: Explanation["wouldChange"][number],
  messages: ExplainMessages,
): string {
  return asked(code.replace(/-(passed|failed)$/, "") as ExplanationStep["step"], detail, messages);
}

/** Why a decision is what it is, in a sentence or two: the rule that holds, or the reason, and how many others get the same where it was drawn by lot. */
export function reasonText(
  { reason, propensity }: Pick<Decision<unknown>, "reason" | "propensity">,
  steps: readonly ExplanationStep[],
  messages: ExplainMessages,
): string {
  const rule = reason === "rule" && steps.find(({ step, passed }) => step === "rule" && passed);
  if (rule) return messages.because(asked("rule", rule.detail, messages));
  const chance = reason === "split" && propensity !== null && propensity < 1;
  return messages.reasons[reason] + (chance ? ` ${messages.chance(Math.round(propensity * 100))}` : "");
}
