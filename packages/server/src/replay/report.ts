import type { CacheStats, SiteSummary } from "@attune/core/service";
import type { BatchAnswer } from "./client.js";

export interface ReplayReport {
  rows: number;
  /** Why the file could not be read to its end, and the cure; null where it could, or where nobody wanted all of it. */
  endedEarly: string | null;
  accepted: number;
  /** Null where the server could not tell within its wait. */
  duplicates: number | null;
  /** Not covered by any purpose that the mapping states as granted. */
  withheld: number;
  rejected: number;
  /** Why, how often, and the first rows it happened in. */
  rejections: readonly {
    code: string;
    path: string;
    message: string;
    count: number;
    rows: readonly number[];
  }[];
  /** Rows that carry no session id; the server derives their sessions. */
  withoutSession: { count: number; rows: readonly number[] };
  elapsedMs: number;
  eventsPerSecond: number;
  /** How many decisions were asked for, and how long an answer took, ms; null where none were. */
  decisions: { asked: number; p50: number; p99: number } | null;
  memory: { bytes: number; kind: "anonymous" | "resident" };
  /** Whether accepted + duplicates + withheld + rejected = rows. */
  balanced: boolean;
  /** Totals of the site before and after; null where the key may not read. */
  before: SiteSummary | null;
  after: SiteSummary | null;
  /** How often the server found what it wanted without asking its store; null for one elsewhere. */
  cache: CacheStats | null;
}

export interface Tally {
  answered(answer: BatchAnswer, items: readonly { row: number }[]): void;
  decided(ms: number): void;
  fault(row: number, code: string): void;
  withoutSession(row: number): void;
  report(
    rest: Pick<ReplayReport, "rows" | "endedEarly" | "elapsedMs" | "memory" | "before" | "after" | "cache">,
  ): ReplayReport;
}

interface Reason {
  code: string;
  path: string;
  message: string;
  count: number;
  rows: number[];
}

const FIRST_ROWS = 5;
const MAX_REASONS = 100;
const FAULTS: Readonly<Record<string, string>> = {
  ATTUNE_REPLAY_CSV: "the row is not valid CSV",
  ATTUNE_REPLAY_JSON: "the line is no JSON, or no object where the mapping reads its members",
};

/** Longer waits count as this long: 10 s, in tenths of a millisecond. */
const MAX_TENTHS = 100_000;

function quantile(counts: Uint32Array, rank: number): number {
  let seen = 0;
  return counts.findIndex((count) => (seen += count) >= rank);
}

/** Adds up what became of each row, in memory that does not grow with the file. */
export function createTally(): Tally {
  const reasons = new Map<string, Reason>();
  const others: Reason = {
    code: "others",
    path: "",
    message: `further reasons, beyond the first ${MAX_REASONS}`,
    count: 0,
    rows: [],
  };
  const sessionless = { count: 0, rows: [] as number[] };
  /** By tenths of a millisecond, so that memory does not grow with the file. */
  const waits = new Uint32Array(MAX_TENTHS + 1);
  let decisions = 0;
  let accepted = 0;
  let duplicates: number | null = 0;
  let withheld = 0;
  let rejected = 0;

  const reject = (row: number, code: string, path: string, message: string): void => {
    rejected += 1;
    const key = `${code} ${path}`;
    let reason = reasons.get(key);
    if (!reason) {
      if (reasons.size >= MAX_REASONS) reason = others;
      else reasons.set(key, (reason = { code, path, message, count: 0, rows: [] }));
    }
    reason.count += 1;
    if (reason.rows.length < FIRST_ROWS) reason.rows.push(row);
  };

  return {
    answered(answer, items) {
      accepted += answer.accepted;
      withheld += answer.withheld;
      duplicates = duplicates === null || answer.duplicates === null ? null : duplicates + answer.duplicates;
      for (const { index, errors } of answer.rejected) {
        const first = errors[0];
        reject(items[index]?.row ?? 0, first?.code ?? "unknown", first?.path ?? "", first?.message ?? "");
      }
    },
    decided(ms) {
      decisions += 1;
      const tenths = Math.min(Math.round(ms * 10), MAX_TENTHS);
      waits[tenths] = (waits[tenths] ?? 0) + 1;
    },
    fault: (row, code) => reject(row, code, "", FAULTS[code] ?? ""),
    withoutSession(row) {
      sessionless.count += 1;
      if (sessionless.rows.length < FIRST_ROWS) sessionless.rows.push(row);
    },
    report(rest) {
      const { rows, elapsedMs } = rest;
      return {
        ...rest,
        accepted,
        duplicates,
        withheld,
        rejected,
        rejections: [
          ...[...reasons.values()].sort((a, b) => b.count - a.count),
          ...(others.count > 0 ? [others] : []),
        ],
        withoutSession: sessionless,
        decisions:
          decisions === 0
            ? null
            : {
                asked: decisions,
                p50: quantile(waits, decisions * 0.5) / 10,
                p99: quantile(waits, decisions * 0.99) / 10,
              },
        eventsPerSecond: elapsedMs > 0 ? Math.round((rows / elapsedMs) * 1000) : 0,
        balanced: accepted + (duplicates ?? 0) + withheld + rejected === rows,
      };
    },
  };
}
