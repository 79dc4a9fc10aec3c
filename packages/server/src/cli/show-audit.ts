import { STATE_WORDS } from "../audit/states.js";
import type { Audit, Level } from "../audit/types.js";
import type { Terminal } from "./terminal.js";

const MARKS: Readonly<Record<Level, string>> = { violation: "✗", unclear: "?", undeclared: "!", note: "·" };

const OUTCOMES: Readonly<Record<Audit["outcome"], string>> = {
  pass: "Nothing was found that must not be.",
  fail: "There is what must not be.",
  unclear: "Nothing was found that must not be, but not everything could be judged.",
};

/** The outcome in lines: each finding with where it was seen and its cure. */
export function showAudit({ findings, outcome, states, rows, url }: Audit, terminal: Terminal): void {
  terminal.out(terminal.bold(url));
  for (const { level, message, states: seen, cure } of findings) {
    const all =
      seen.length === states.length ? "in all states" : seen.map((state) => STATE_WORDS[state]).join(", ");
    terminal.out(`  ${MARKS[level]} ${message} ${terminal.dim(`[${all}]`)}`);
    if (level !== "note") terminal.out(terminal.dim(`      ${cure}`));
  }
  const count = (group: string): number => rows.filter((row) => row.group === group).length;
  terminal.out(
    `  ${states.length} states; ${count("stored")} things stored, ${count("sent")} addresses sent to, ${count("read")} things looked for.`,
  );
  terminal.out(`${outcome === "pass" ? "✓" : "✗"} ${OUTCOMES[outcome]}`);
}
