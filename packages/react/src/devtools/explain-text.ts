import type { ExplanationStep, JsonValue } from "@attune/core";
import type { DevtoolsMessages } from "./messages/types.js";

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
export function conditionText(
  condition: unknown,
  attributes: unknown,
  { clause, operators }: DevtoolsMessages,
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

/** What a rule, a targeting or a consent asks for. */
function asked(step: ExplanationStep["step"], detail: Detail, messages: DevtoolsMessages): string[] {
  const { segment, condition, attributes, purposes, missing, experiment, variant } = detail;
  const clauses = conditionText(condition, attributes, messages);
  if (step === "consent") {
    const named = (missing as string[]).length > 0 ? missing : purposes;
    return (named as (keyof DevtoolsMessages["purposes"])[]).map((purpose) => messages.purposes[purpose]);
  }
  if (step === "split") return [text(experiment)];
  if (step === "result") return [text(variant ?? null)];
  return segment == null ? clauses : [messages.inSegment(text(segment)), ...clauses];
}

/** A step as a sentence. */
export function stepText({ step, passed, detail }: ExplanationStep, messages: DevtoolsMessages): string {
  const { [passed ? "passed" : "failed"]: begins } = messages.step[step];
  if (step === "slot") return begins;
  return `${begins} ${asked(step, detail, messages).join("; ") || messages.nothing}`;
}

/** What would have to be so for another variant. */
export function changeText(code: string, detail: Detail, messages: DevtoolsMessages): string {
  const step = code.replace(/-(passed|failed)$/, "") as ExplanationStep["step"];
  return asked(step, detail, messages).join("; ") || messages.nothing;
}
