import type { ConsentPolicy, ConsentRecord, Grants, Purpose } from "../consent/types.js";
import type { CompiledRuleset, Decision, Ruleset } from "../decisions/types.js";
import type { Score } from "../engagement/types.js";
import type { Event } from "../events/types.js";
import type { Clock } from "../kernel/clock.js";
import type { Issue, Result } from "../kernel/result.js";
import type { KeyProvider } from "../ports/capabilities.js";
import type { Channel } from "../ports/channel.js";
import type { DeadLetter, Log } from "../ports/log.js";
import type { Series, SeriesRow } from "../ports/series.js";
import type { AtomicStore, Store } from "../ports/store.js";
import type { AuditCheckpoint, AuditEntry, AuditVerdict } from "../privacy/index.js";
import type { Memberships } from "../segments/types.js";
import type { VisitorState } from "../state/types.js";
import type { ConsentInput, SubjectId } from "../wire/types.js";
import type { AuditFact } from "./audit.js";
import type { CacheCounts, CacheStats } from "./cache-counts.js";
import type { FigureName } from "./figures.js";
import type { SamplingOptions } from "./sampling.js";

export interface ServiceOptions {
  stores: { hot: AtomicStore; durable?: Store };
  /** Without one, events are folded as they come and only their effects are kept. */
  log?: Log;
  /** What live frames and notices travel by. Default: in memory, which reaches those who subscribe in this process. */
  channel?: Channel;
  /**
   * Where counts by minute go, some seconds after they are folded: what {@link PersonalizationService.series} reads. To be given to every
   * process that folds, or what the others fold is missing there. It is for this service alone, and keeps points as long as it is told to.
   */
  series?: Series;
  /** Default: a key made once and kept in the store, which protects less than a key kept elsewhere. */
  keys?: KeyProvider;
  clock?: Clock;
  /** For the site `default`; what holds where the store has another one is `onStoredRuleset`. */
  ruleset?: unknown;
  /**
   * Where the store holds another ruleset than `ruleset`. `"keep"` (default): the one with the higher revision holds, and at equal
   * revisions the stored one; a given one that is ignored is reported. `"replace"`: the given one is published, whatever its revision,
   * under the next one: for hosts whose ruleset is deployed with their code, and rolled back with it.
   */
  onStoredRuleset?: "keep" | "replace";
  /** What holds for visitors who have not decided, by region. Default: opt-in everywhere. */
  consent?: ConsentPolicy;
  /** Whether this process folds what is in the log (default true). Others that share the ports can do it instead. */
  worker?: boolean;
  /** How long events are kept, ms (default 395 days, at least 7 days). */
  retentionMs?: number;
  /**
   * Fields whose values are sealed at the door, each under its visitor's key, and kept so: `properties.diagnosis`, `traits.phone` (what `identify`
   * tells). Opened for the subject's export and for a `profile` that asks for them; no fold, condition, counter or frame sees them. They are
   * kept as they come, not masked. Needs `keys` with wrapping keys.
   */
  sensitive?: readonly string[];
  /** What is left out under load (default: nothing): events that carry no feature, no conversion, no exposure, no identity and no consent. */
  sampling?: SamplingOptions;
  cache?: {
    /** Visitors whose state, traits and consent this process holds at least, so as not to read them again (default 10,000; 0: none). */
    visitors?: number;
  };
  /** Told of failures of background work and of what was ignored (default: in development the console, else nobody). */
  report?(error: unknown): void;
}

export interface IngestOptions {
  /** Default `default`. */
  site?: string;
  /** When the client sent the batch, by its clock: what skew is judged from. */
  sentAt?: number;
  /**
   * Wait at most this long for the fold, ms (default 0: acknowledged when the log has it). Where another process folds, it tells this one over
   * the channel; without a channel, or where that message is lost, the wait runs out.
   */
  waitMs?: number;
  /** Says where a bad event came from, in its dead letter. */
  route?: string;
  /** Country as the host's CDN or locator says it: stands in the events. */
  country?: string;
  /** The same more closely, as in `US-CA`: for what holds there of who has not decided (default: the country). */
  region?: string;
  /**
   * Global Privacy Control, as the request says (`Sec-GPC: 1`): what the policy's `gpcDenies` lists covers none of these events, whatever
   * they say of themselves and whatever was decided before.
   */
  gpc?: boolean;
}

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

export interface DecideVisitor {
  /** The anonymous id: what pages send as `anonymousId`, and consent and erasure take as `visitorId`. */
  id: string | null;
  /** Consent as the request carries it (cookie). What the service has stored can only narrow it. */
  consent?: Grants | null;
}

/** The same under the name that consent, export and erasure have for the id. */
export type AskedVisitor = DecideVisitor | (Omit<DecideVisitor, "id"> & { visitorId: string | null });

/** Facts of a request: `site`, `region` and `gpc` are the service's; all else is `context.*` to conditions. */
export type DecideContext = Readonly<Record<string, unknown>> & {
  site?: string;
  region?: string;
  gpc?: boolean;
};

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

/** An identifier as clients send it. */
export type NamedId = { visitorId: string } | { sessionId: string } | { userId: string };

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

/** A figure over time. */
export interface FigureQuery {
  figure: FigureName;
  /** Epoch ms; `from ≤ at < to`. */
  from: number;
  to: number;
  /** Whole minutes, ms. Windows begin at multiples of it since the epoch, in UTC. */
  windowMs: number;
  /** Only what has these: `event` for events, `experiment` and `variant` for exposures and conversions, `segment` for entered and left. */
  where?: Readonly<Record<string, string>>;
  /** One row for each of these (default: one row over all). */
  by?: readonly string[];
}

/** For what is noted in the audit log. */
export interface ActOptions {
  site?: string;
  /** Who asks for it: the name of a credential or of a role, never of a subject (default `system`). */
  actor?: string;
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
