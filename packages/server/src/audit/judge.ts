import { createFindings } from "./findings.js";
import { compileNeeds, isSent, type NeedOf } from "./needs.js";
import { allowsAny } from "./states.js";
import type { Statement } from "./statement.js";
import { union } from "./tally.js";
import type { Cell, Finding, Need, Observation, Phase, Row, Visit } from "./types.js";

export interface Judgement {
  outcome: "pass" | "fail" | "unclear";
  findings: Finding[];
  rows: Row[];
}

const WORST = ["allowed", "undeclared", "violation"] as const;
type Outcome = Cell["outcome"];
const worse = (a: Outcome, b: Outcome): Outcome => (WORST.indexOf(a) > WORST.indexOf(b) ? a : b);

/** Reading all cookies at once tells nothing of which one was looked for: it is noted, not judged. */
const ALL_COOKIES = "cookie:*";

/**
 * What the visits come to. Pure. The rule: what is necessary, or covered by a purpose that is granted at that moment, may be; where nothing
 * beyond the necessary is granted nothing else may be, declared or not; where something is, what nobody declared is told of.
 */
export function judge(visits: readonly Visit[], statement: Statement, pageUrl: string): Judgement {
  const needOf = compileNeeds(statement, pageUrl);
  const rows = new Map<string, Row>();
  const findings = createFindings();
  for (const visit of visits) {
    for (const doubt of visit.doubts) findings.doubt(visit.state, doubt);
    for (const observation of visit.observations) judgeOne(visit, observation, { needOf, rows, findings });
    if (visit.state === "granted" && isSilent(visit, needOf)) findings.silent();
  }
  const found = findings.all();
  const has = (level: Finding["level"]): boolean => found.some((finding) => finding.level === level);
  return {
    outcome: has("violation") ? "fail" : has("unclear") ? "unclear" : "pass",
    findings: found,
    rows: [...rows.values()].sort((a, b) => rank(a) - rank(b) || a.what.localeCompare(b.what)),
  };
}

interface Notes {
  needOf: NeedOf;
  rows: Map<string, Row>;
  findings: ReturnType<typeof createFindings>;
}

function judgeOne(
  { state, phases }: Visit,
  observation: Observation,
  { needOf, rows, findings }: Notes,
): void {
  const phase = phases[observation.phase] as Phase;
  if (observation.what === ALL_COOKIES) return findings.allCookies(state);
  const need = needOf(observation);
  if (need === null && observation.what.startsWith("SharedWorker "))
    return findings.unseen(state, observation);
  const outcome = outcomeOf(need?.purposes ?? null, phase);
  if (outcome === "violation") findings.notCovered(state, observation, phase.basis, need);
  if (outcome === "undeclared") findings.undeclared(state, observation);
  const leaks = observation.planted.length > 0 && need?.carriesText !== true;
  if (leaks) findings.planted(state, observation);
  const group = isSent(observation) ? "sent" : observation.act === "read" ? "read" : "stored";
  const key = `${group} ${observation.what}`;
  const before = rows.get(key);
  const isWorse =
    outcome !== "allowed" && Object.values(before?.cells ?? {}).every((cell) => cell.outcome === "allowed");
  rows.set(key, {
    what: observation.what,
    group,
    ...(before && !isWorse ? { purposes: before.purposes, why: before.why } : wordsOf(need)),
    by: union(before?.by, observation.by),
    pages: union(before?.pages, observation.pages),
    cells: {
      ...before?.cells,
      [state]: cellOf(before?.cells[state], observation, leaks ? "violation" : outcome),
    },
  });
}

const wordsOf = (need: Need | null): Pick<Row, "purposes" | "why"> => ({
  purposes: need?.purposes ?? null,
  why: need?.why ?? null,
});

function outcomeOf(purposes: Row["purposes"], phase: Phase): Outcome {
  if (purposes === null) return allowsAny(phase) ? "undeclared" : "violation";
  return purposes.some((purpose) => phase.grants[purpose]) ? "allowed" : "violation";
}

const cellOf = (before: Cell | undefined, { act, times, bytes }: Observation, outcome: Outcome): Cell => ({
  outcome: before ? worse(before.outcome, outcome) : outcome,
  acts: union(before?.acts, [act]),
  times: (before?.times ?? 0) + times,
  bytes: bytes === null && before?.bytes == null ? null : (bytes ?? 0) + (before?.bytes ?? 0),
});

const GROUPS = ["stored", "sent", "read"];
/** What is wrong comes first, what a page is made of last. */
const rank = (row: Row): number => {
  const worst = Object.values(row.cells).reduce<Outcome>((so, cell) => worse(so, cell.outcome), "allowed");
  return GROUPS.indexOf(row.group) * 10 - WORST.indexOf(worst);
};

/** With everything granted nothing came that needs consent: then silence elsewhere may only mean that nothing was at work. */
const isSilent = ({ phases, observations }: Visit, needOf: NeedOf): boolean =>
  phases.some(({ basis }) => basis === "granted") &&
  !observations.some((observation) => {
    const purposes = needOf(observation)?.purposes ?? null;
    return (
      phases[observation.phase]?.basis === "granted" &&
      observation.what !== ALL_COOKIES &&
      (purposes === null || !purposes.includes("necessary"))
    );
  });
