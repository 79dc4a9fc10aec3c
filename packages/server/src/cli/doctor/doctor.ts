import { parseArgs } from "node:util";
import { isAttuneError } from "@attune/core";
import { PLACE_OPTIONS, placeOf } from "../place.js";
import type { Terminal } from "../terminal.js";
import { checksOf } from "./checks.js";
import { type Check, error, type Finding } from "./finding.js";

/** Longer than this a system is taken for away, ms. */
const PATIENCE_MS = 15_000;

export interface Diagnosis {
  name: string;
  findings: Finding[];
}

/** `attune doctor`: what of the configured systems would lose data or break, with the cure; exit code 1 where something would. */
export async function doctor(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({ args, options: PLACE_OPTIONS });
  const place = await placeOf(values);
  const diagnoses = await Promise.all(checksOf(place).map(diagnose));
  const count = (level: Finding["level"]): number =>
    diagnoses.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length;
  const counts = { errors: count("error"), warnings: count("warning"), unchecked: count("unchecked") };
  if (values.json) terminal.out(JSON.stringify({ ok: counts.errors === 0, ...counts, checks: diagnoses }));
  else show(diagnoses, counts, terminal);
  return counts.errors === 0 ? 0 : 1;
}

async function diagnose({ name, look }: Check): Promise<Diagnosis> {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), PATIENCE_MS);
  const late = new Promise<Finding[]>((resolve) => {
    given.signal.addEventListener("abort", () => resolve([away("it did not answer in time.")]));
  });
  try {
    return { name, findings: await Promise.race([look(given.signal), late]) };
  } catch (cause) {
    return {
      name,
      findings: [isAttuneError(cause) ? error(cause.code, cause.message) : away(reasonOf(cause))],
    };
  } finally {
    clearTimeout(timer);
  }
}

const away = (why: string): Finding =>
  error(
    "ATTUNE_DOCTOR_AWAY",
    `It cannot be reached or asked: ${why} See that it runs, and that address, name and password are right.`,
  );

/** The system's own word for it; its sentences may hold addresses. */
export function reasonOf(cause: unknown): string {
  const {
    code,
    name,
    message,
    cause: deeper,
  } = (cause ?? {}) as { code?: unknown; name?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === "string") return `${code}.`;
  // Redis begins its sentences with a word of that kind: NOAUTH, WRONGPASS, LOADING.
  const word = name === "ReplyError" ? /^[A-Z]+(?= )/.exec(String(message))?.[0] : undefined;
  if (word !== undefined) return `${word}.`;
  // Before what lies deeper: there it may only say that the connection ended.
  if (typeof message === "string" && /time(d )?-?out/i.test(message)) return "it gave no answer in time.";
  if (deeper !== undefined) return reasonOf(deeper);
  return `${typeof name === "string" ? name : "it failed"}.`;
}

const MARKS: Readonly<Record<Finding["level"], string>> = { error: "✗", warning: "!", unchecked: "?" };

function show(
  diagnoses: readonly Diagnosis[],
  { errors, warnings, unchecked }: { errors: number; warnings: number; unchecked: number },
  terminal: Terminal,
): void {
  for (const { name, findings } of diagnoses) {
    const sound = findings.every(({ level }) => level === "unchecked");
    terminal.out(`${sound ? "✓ " : "  "}${terminal.bold(name)}`);
    for (const { level, message, code } of findings)
      terminal.out(`  ${MARKS[level]} ${message} ${terminal.dim(code)}`);
  }
  if (errors + warnings + unchecked === 0) terminal.out("All is well.");
  else terminal.out(`${errors} to cure, ${warnings} to think about, ${unchecked} not checked.`);
}
