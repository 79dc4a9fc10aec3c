import { type CacheCounts, type CacheStats, hitRate, type SiteSummary } from "@attune/core/service";
import type { ReplayReport } from "../replay/report.js";
import { megabytes, number, seconds, type Terminal } from "./terminal.js";

/** The report as people read it. */
export function showReport(report: ReplayReport, terminal: Terminal): void {
  const line = (label: string, text: string): void => terminal.out(`  ${label.padEnd(14)}${text}`);
  const { duplicates, withheld, rejections, withoutSession, memory } = report;
  terminal.out(terminal.bold("Replay"));
  line("rows", number(report.rows));
  if (report.endedEarly !== null) line("ended early", "the figures are of the rows that were read");
  line("accepted", number(report.accepted));
  line(
    "duplicates",
    duplicates === null ? "not known: the server could not tell in time" : number(duplicates),
  );
  if (withheld > 0)
    line("withheld", `${number(withheld)} not covered by the consent that the mapping states`);
  line("rejected", number(report.rejected));
  for (const { code, path, message, count, rows } of rejections) {
    terminal.out(
      terminal.dim(`    ${number(count)} × ${code} ${path} ${message} (rows ${list(rows, count)})`),
    );
  }
  if (withoutSession.count > 0) {
    line(
      "no session id",
      `${number(withoutSession.count)} rows, session derived (rows ${list(withoutSession.rows, withoutSession.count)})`,
    );
  }
  line("throughput", `${number(report.eventsPerSecond)} events/s over ${seconds(report.elapsedMs)}`);
  if (report.decisions !== null) {
    const { asked, p50, p99 } = report.decisions;
    line("decisions", `${number(asked)}, answered in ${p50} ms (p50), ${p99} ms (p99)`);
  }
  line("peak memory", `${megabytes(memory.bytes)} ${memory.kind}`);
  line(
    "balance",
    report.balanced
      ? "every row is accounted for"
      : "ROWS ARE MISSING: the figures above do not add up to the rows",
  );
  if (report.cache !== null) showCache(report.cache, terminal, line);
  if (report.after === null) return terminal.out(terminal.dim("  Totals of the site need a secret key."));
  terminal.out(terminal.bold("Site"));
  for (const [label, after, before] of totals(report.after, report.before)) {
    const by = after === null || before === null ? null : after - before;
    const change = by === null ? "" : terminal.dim(`  (${by >= 0 ? "+" : "−"}${number(Math.abs(by))})`);
    line(label, after === null ? tooFew(report.after) : `${number(after)}${change}`);
  }
}

/** Of each kind that was looked up: how often it was there, and what kept it away else. */
function showCache(cache: CacheStats, terminal: Terminal, line: (label: string, text: string) => void): void {
  const kinds = Object.entries(cache);
  const all = hitRate(kinds.map(([, counts]) => counts));
  if (all === null) return;
  line("cache hits", `${percent(all)} of look-ups`);
  for (const [kind, counts] of kinds) {
    const rate = hitRate([counts]);
    if (rate !== null) terminal.out(terminal.dim(`    ${kind.padEnd(12)}${percent(rate)}${missed(counts)}`));
  }
}

const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;

function missed({ misses }: CacheCounts): string {
  const told = Object.entries(misses).flatMap(([why, times]) =>
    times > 0 ? [`${number(times)} ${why}`] : [],
  );
  return told.length === 0 ? "" : ` (misses: ${told.join(", ")})`;
}

const tooFew = ({ tooFew: few }: SiteSummary): string =>
  few === null ? "too few to be told" : `fewer than ${number(few.floor)}`;

type Total = [label: string, after: number | null, before: number | null];

/** Null where it is not told. */
function totals(after: SiteSummary, before: SiteSummary | null): Total[] {
  const row = (label: string, read: (summary: SiteSummary) => number | null): Total => [
    label,
    read(after),
    before && read(before),
  ];
  return [
    row("events", (summary) => summary.events),
    row("visitors", (summary) => summary.visitors),
    row("sessions", ({ sessions }) => sessions.given + sessions.derived),
    row("  given", ({ sessions }) => sessions.given),
    row("  derived", ({ sessions }) => sessions.derived),
    row("converted", ({ conversions }) => conversions.sessions),
    row("orders", ({ conversions }) => conversions.orders),
    row("revenue", ({ conversions }) => conversions.revenue),
    ...Object.keys(after.segments).map((name) => row(`# ${name}`, ({ segments }) => segments[name] ?? null)),
  ];
}

const list = (rows: readonly number[], count: number): string =>
  rows.join(", ") + (count > rows.length ? ", …" : "");
