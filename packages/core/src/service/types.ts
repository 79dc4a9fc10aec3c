import type { ConsentRecord, Purpose } from "../consent/types.js";
import type { CompiledRuleset, Decision, Ruleset } from "../decisions/types.js";
import type { Score } from "../engagement/types.js";
import type { Event } from "../events/types.js";
import type { Issue, Result } from "../kernel/result.js";
import type { DeadLetter } from "../ports/log.js";
import type { SeriesRow } from "../ports/series.js";
import type { AuditCheckpoint, AuditEntry, AuditVerdict } from "../privacy/index.js";
import type { Memberships } from "../segments/types.js";
import type { VisitorState } from "../state/types.js";
import type { ConsentInput, SubjectId } from "../wire/types.js";
import type { AuditFact } from "./audit.js";
import type { CacheCounts, CacheStats } from "./cache-counts.js";
import type { FigureName } from "./figures.js";
import type { SamplingOptions } from "./sampling.js";
import type { ActOptions, AskedVisitor, FigureQuery, IngestOptions, NamedId } from "./options.js";

export interface RejectedEvent {
  index: number;
  eventId?: string;
  errors: readonly Issue[];
}

/**
 * What became of each event that was accepted, where the fold was waited for. `erased`: its visitor or user was erased; nothing of it
 * is kept. `withheld`: consent was withdrawn while it was on its way, or it tells of a time before its user was erased.
 */
export type EventOutcome = "folded" | "duplicate" | "conflict" | "erased" | "withheld" | "pending";

export interface IngestResult {
  /** Folded, or still to be folded; where `duplicates` is null, those are among them. Accepted, duplicates, withheld and rejected are all that came. */
  accepted: number;
  /** Whose id was taken before, with the same body or (a conflict) another one. Null where not all is folded yet, so that it cannot be told. */
  duplicates: number | null;
  /** Not covered by any granted purpose, or of an erased visitor or user: dropped at the door or, as far as it is known, at the fold. */
  withheld: number;
  rejected: readonly RejectedEvent[];
  /** Of the accepted, those that others of their name stand for, since the service is under load. */
  sampled: number;
  /** By index of the input; absent for those rejected, withheld for want of consent, or stood for by others. */
  outcomes: Readonly<Record<number, EventOutcome>>;
  /** By index of the input, of those admitted whose sender gave no id: the one that was made, by which the same event sent again is known. */
  ids: Readonly<Record<number, string>>;
}

/** What became of a ruleset that was taken. */
export interface LoadedRuleset {
  version: string;
  /** As stored; higher than given where it replaced a ruleset of the same or a later revision. */
  revision: number;
  /** False where the stored one was the same already. */
  changed: boolean;
  /** What is probably not meant, from `lintRuleset`. */
  warnings: readonly Issue[];
}

export interface DecideResult {
  decisions: Readonly<Record<string, Decision>>;
  segments: Memberships;
  rulesetVersion: string | null;
}

export interface VisitorProfile {
  state: VisitorState;
  features: Readonly<Record<string, number>>;
  segments: Memberships;
  /** Null where a stored decision does not grant personalization (any more). */
  scores: { engagement: Score; intent: Score } | null;
  /** Empty where a stored decision does not grant personalization (any more). */
  traits: Readonly<Record<string, unknown>>;
  consent: StoredConsent | null;
  /** Why something is null or left out, by name. */
  notes: Readonly<Record<string, string>>;
}

export interface StoredConsent {
  current: ConsentRecord;
  history: readonly ConsentRecord[];
}

export interface VisitorExport {
  format: "attune-export";
  version: 1;
  exportedAt: string;
  subject: { kind: "visitor" | "user"; visitors: number };
  visitors: readonly {
    state: VisitorState | null;
    segments: Memberships;
    traits: Readonly<Record<string, unknown>>;
    consent: StoredConsent | null;
    events: readonly Event[];
    /** Every other record held in the subject's partition, by kind. */
    other: Readonly<Record<string, readonly unknown[]>>;
  }[];
}

export interface ErasureReceipt {
  id: string;
  status: "completed";
  completedAt: string;
  /** All that was removed and stands in no earlier receipt, whoever removed it: this call, workers, calls that were cut off. */
  removed: {
    /**
     * Event records that were there and are not any more. An event that was under way counts where it was folded before the tombstone stood; where
     * it met the tombstone it was never there, and counts as part of a log entry alone. So this can be more than what had been folded when the
     * call began, and less than what had been sent.
     */
    events: number;
    sessions: number;
    profiles: number;
    /** Everything else kept of the subject: decisions and their history, traits, conflicts, links of its visitors to users. */
    records: number;
    logEntries: number;
    deadLetters: number;
  };
}

export interface ConsentReceipt {
  id: string;
  recordedAt: string;
  record: ConsentRecord;
  /**
   * False where nothing of the decision is kept, since its visitor was erased. What it refuses is refused all the same: nothing is taken from
   * an erased visitor. What it grants is not.
   */
  stored: boolean;
}

/** What `subscribe` delivers. */
export type ServiceFrame =
  | { type: "event"; site: string; event: Event }
  | {
      type: "visitor";
      site: string;
      visitor: string;
      segments: Memberships;
      changes: readonly { segment: string; change: "entered" | "left" }[];
    }
  | { type: "exposure"; site: string; experiment: string; slot: string; variant: string }
  | { type: "ruleset"; site: string; version: string }
  /** Forget what came of this visitor before, and what still comes. Told again when an erasure is repeated. */
  | { type: "erased"; site: string; visitor: string }
  | { type: "gap" };

export interface ServiceFilter {
  site?: string;
  /** Default: all. Gaps are told with any; `["gap"]` alone tells of those of every type. */
  types?: readonly ServiceFrame["type"][];
}

export interface SiteSummary {
  events: number;
  /** Distinct session ids that clients gave, and sessions derived because none was. */
  sessions: { given: number; derived: number };
  visitors: number;
  /** Sessions with at least one completed order, and orders. */
  conversions: { sessions: number; orders: number; revenue: number };
  byName: Readonly<Record<string, number>>;
  segments: Readonly<Record<string, number>>;
  experiments: Readonly<Record<string, ArmCounts>>;
  conflicts: number;
  /** Whether some of the events stand for others that were left out under load: `events` and `byName` are estimates then. */
  estimated: boolean;
  /** What `byName`, `segments` and `experiments` leave out; null where they are whole. */
  other: {
    /** Event names, and how many events they have together. */
    byName: { names: number; count: number };
    segments: { names: number };
    /** Experiments, and variants of those that are shown. */
    experiments: { names: number; variants: number };
  } | null;
}

/** Variant → visitors who saw it, and those of them who ordered after it. */
export type ArmCounts = Readonly<Record<string, { exposures: number; conversions: number }>>;

export interface SweepResult {
  records: number;
  logEntries: number;
  deadLetters: number;
}

/** What a rebuild has done so far. */
export interface RebuildProgress {
  phase: "clearing" | "folding";
  /** Partitions cleared, or log entries folded. */
  done: number;
}

export interface RebuildResult {
  partitions: number;
  entries: number;
  events: number;
}

/** The headless back end: plain functions over ports. */
export interface PersonalizationService {
  ingest(events: readonly unknown[], options?: IngestOptions): Promise<IngestResult>;
  /** Never rejects; slots default to all. Without personalization consent nothing of the visitor is read. */
  decide(
    visitor: AskedVisitor,
    slots?: readonly string[],
    context?: Readonly<Record<string, unknown>> & { site?: string },
  ): Promise<DecideResult>;
  /**
   * What is known of a subject now; null where that is nothing. Sensitive traits are left out, and `notes` says so, unless `sensitive` asks for
   * them: then it is noted in the audit log that somebody did.
   */
  profile(id: SubjectId, options?: ActOptions & { sensitive?: boolean }): Promise<VisitorProfile | null>;
  /**
   * Under `gpc` the purposes of the policy's `gpcDenies` are refused, whatever the decision says. `receipt` names the decision (1 to 64 letters,
   * digits and `_ . ~ -`): sent again by the same name it is recorded once, and what a failure had left out is completed.
   */
  consent(
    id: SubjectId,
    input: ConsentInput,
    options?: { site?: string; gpc?: boolean; receipt?: string },
  ): Promise<Result<ConsentReceipt, Issue[]>>;
  consentOf(id: SubjectId, options?: { site?: string }): Promise<StoredConsent | null>;
  /** Everything held of the subject; that it was handed out is noted in the audit log, not whose it was. */
  exportData(id: SubjectId, options?: ActOptions): Promise<VisitorExport>;
  erase(id: SubjectId, options?: ActOptions): Promise<ErasureReceipt>;
  /** The name under which an identifier stands in live frames, exports and everything else that is kept. The same as long as the site's key is. */
  pseudonymOf(id: NamedId, options?: { site?: string }): Promise<string>;
  subscribe(filter: ServiceFilter, listener: (frame: ServiceFrame) => void): Promise<() => Promise<void>>;
  /**
   * Validates, stores and publishes; refused with issues if it is not right or not newer. `replace` publishes it whatever its revision,
   * under the next one: going back to an earlier ruleset is that. `over` is asked whether it may replace the version that is published at that
   * moment (null: none is); where it may not, it is refused with `ATTUNE_SERVICE_RULESET_CHANGED`.
   */
  loadRuleset(
    ruleset: unknown,
    options?: ActOptions & { replace?: boolean; over?: (version: string | null) => boolean },
  ): Promise<Result<LoadedRuleset, Issue[]>>;
  ruleset(site?: string): Promise<CompiledRuleset | null>;
  /**
   * Counts of all that is folded. Names come from whoever holds a public key, so only the largest event names, segments and experiments are
   * told one by one: as many of each as `names` says (default 200), fewer where their names have more than 64 KiB together. Reads every
   * counter of the site: some thousand names at most, and the segments.
   */
  summary(site?: string, options?: { names?: number }): Promise<SiteSummary>;
  /** One experiment's counts, the 200 largest variants; null where nothing was counted. */
  experiment(name: string, options?: { site?: string }): Promise<ArmCounts | null>;
  /**
   * A figure over time, by when the server received what it counts; null without a series. What is folded is there some seconds later, and what
   * is erased stays in it as part of sums that name nobody. Rejects with `ATTUNE_SERVICE_SERIES_QUERY` for what is not kept.
   */
  series(query: FigureQuery, options?: { site?: string }): Promise<SeriesRow[] | null>;
  /** How many visitors are in a segment; null where nobody is. */
  segmentSize(name: string, options?: { site?: string }): Promise<number | null>;
  deadLetters: {
    /** One site's (default `default`), oldest first, after the letter of that id. */
    list(after?: string | null, limit?: number, options?: { site?: string }): Promise<DeadLetter[]>;
    /** Sends one site's letters (default `default`) through the door again; those that are taken now are removed. */
    replay(
      ids?: readonly string[],
      options?: { site?: string },
    ): Promise<{ replayed: number; stillRefused: number }>;
  };
  /** What was done that somebody may have to answer for: hash-chained, so that nothing of it can be changed unnoticed (T22). */
  audit: {
    append(fact: AuditFact, options?: { site?: string }): Promise<AuditEntry>;
    /** In their order, after the entry of that number; at most `limit` (default 200). */
    list(options?: { site?: string; after?: number; limit?: number }): Promise<AuditEntry[]>;
    /** What the log has come to, signed. Keep it elsewhere from time to time: against it nobody can cut off or write anew what was before. */
    checkpoint(site?: string): Promise<AuditCheckpoint | null>;
    verify(options?: { site?: string; checkpoints?: readonly AuditCheckpoint[] }): Promise<AuditVerdict>;
  };
  /**
   * Makes everything that events have made anew, from the log (T36). For a service with `worker: false` while no other one folds or erases;
   * takes as long as the log is. Afterwards workers go on where they were. One that was cut off is begun again.
   *
   * Rejects with `ATTUNE_SERVICE_NO_LOG` without a log, `ATTUNE_SERVICE_WORKERS` where somebody has folded or erased within the last minute and
   * not closed its service since, `ATTUNE_SERVICE_REBUILDING` while another rebuild is under way, and `ATTUNE_SERVICE_REBUILD_LOST` where this
   * process stood still for so long that others may have gone on.
   */
  rebuild(progress?: (now: RebuildProgress) => void): Promise<RebuildResult>;
  /**
   * Removes what is past its retention: records, log entries that are folded, dead letters after 7 days. Where the log has lost entries, and the
   * worker that was told could not end its search for what a crash had left undone, the sweep of a service with a worker ends it. For a timer,
   * hourly or so.
   */
  sweep(): Promise<SweepResult>;
  /**
   * Resolves when the log holds nothing that is not folded; under steady load, when it is first caught up. Rejects with
   * `ATTUNE_SERVICE_CLOSED` where the service is closed before that.
   */
  settled(): Promise<void>;
  /** How often what this process holds spared it a read, since it began. */
  cacheStats(): CacheStats;
  /** Really asks each port. */
  health(): Promise<Readonly<Record<string, { ok: boolean; detail?: string }>>>;
  /** Stops the worker after the batch at hand. The ports stay open: they are the host's. */
  close(): Promise<void>;
}
export type {
  AuditCheckpoint,
  AuditEntry,
  AuditFact,
  AuditVerdict,
  CacheCounts,
  CacheStats,
  ConsentInput,
  FigureName,
  Purpose,
  Ruleset,
  SamplingOptions,
  SubjectId,
};
