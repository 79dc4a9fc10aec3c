import type { Purpose } from "../consent/types.js";
import type { CompiledRuleset, Ruleset } from "../decisions/types.js";
import type { Event } from "../events/types.js";
import type { SegmentDefinition } from "../segments/types.js";
import type { Issue, Result } from "../kernel/result.js";
import type { DeadLetter } from "../ports/log.js";
import type { SeriesRow } from "../ports/series.js";
import type {
  AuditCheckpoint,
  AuditEntry,
  AuditVerdict,
  ReceiptKey,
  SignedConsentReceipt,
} from "../privacy/index.js";
import type { ConsentInput, SubjectId } from "../wire/types.js";
import type { CacheCounts, CacheStats } from "./cache/cache-counts.js";
import type { SamplingOptions } from "./door/sampling.js";
import type {
  EvaluatedPolicy,
  EvaluateQuery,
  Experiment,
  ExperimentAction,
  ExperimentDefinition,
  ExperimentResults,
  ExperimentRevision,
  ExperimentSums,
  Review,
} from "./experiments/types.js";
import type { FigureName } from "./figures/figures.js";
import type {
  ActOptions,
  SubjectOptions,
  AskedVisitor,
  DecideContext,
  EraseOptions,
  FigureQuery,
  HandoverOptions,
  IngestOptions,
  NamedId,
} from "./options.js";
import type {
  ArmCounts,
  ConsentReceipt,
  DecideResult,
  ErasureReceipt,
  IngestResult,
  LoadedRuleset,
  PrivacyReport,
  SegmentationProgress,
  SegmentSize,
  RebuildProgress,
  RebuildResult,
  ServiceFilter,
  ServiceFrame,
  SiteSummary,
  StoredConsent,
  SweepResult,
  VisitorExport,
  VisitorProfile,
} from "./results.js";
import type { AuditFact } from "./upkeep/audit.js";

export type {
  ContextualStanding,
  EvaluatedPolicy,
  EvaluateQuery,
  Experiment,
  ExperimentAction,
  ExperimentDefinition,
  ExperimentResults,
  ExperimentRevision,
  ExperimentStatus,
  ExperimentSums,
  Learning,
  Proposal,
  Review,
} from "./experiments/types.js";

/** Who visitors are: the segments of a site's ruleset, one by one, and how many are in them. */
export interface SegmentsService {
  list(options?: { site?: string }): Promise<readonly SegmentDefinition[]>;
  get(name: string, options?: { site?: string }): Promise<SegmentDefinition | null>;
  /**
   * Adds a segment, or puts another definition in its place, by publishing the site's ruleset with it under the next revision.
   *
   * @param over What the version of the ruleset must fulfil that it is published over.
   * @returns The ruleset; or issues with pointers into the definition. A site without a ruleset gets one without slots.
   */
  define(definition: unknown, options?: SegmentChangeOptions): Promise<Result<LoadedRuleset, Issue[]>>;
  /** Removes a segment; refused (`ATTUNE_SEGMENT_IN_USE`) while a rule asks for it. */
  remove(name: string, options?: SegmentChangeOptions): Promise<Result<LoadedRuleset, Issue[]>>;
  /** Null where the segment is not known and nobody is in it. `floor` (default 20): fewer are not told of. */
  size(name: string, options?: { site?: string; floor?: number }): Promise<SegmentSize | null>;
  /**
   * Brings all stored visitors in line with the ruleset's segments now: workers do so by themselves when it changes. Goes on where it was cut off; `anew` from the beginning. Beside a fold nothing
   * waits for it.
   */
  evaluate(options?: {
    site?: string;
    anew?: boolean;
    /** Also where another process noted something less than a minute ago, and may still be at it; that one then ends. */
    takeOver?: boolean;
    /** Ends it after the visitors at hand; the next one goes on there. */
    signal?: { readonly aborted: boolean };
    onProgress?: (now: SegmentationProgress) => void;
  }): Promise<SegmentationProgress>;
  /** How far that is; null where it never began. */
  progress(options?: { site?: string }): Promise<SegmentationProgress | null>;
}

export interface SegmentChangeOptions extends ActOptions {
  over?: (version: string | null) => boolean;
}

/** The headless back end: plain functions over ports. */
export interface PersonalizationService {
  ingest(events: readonly unknown[], options?: IngestOptions): Promise<IngestResult>;
  /** Never rejects; slots default to all. Without personalization consent nothing of the visitor is read. */
  decide(visitor: AskedVisitor, slots?: readonly string[], context?: DecideContext): Promise<DecideResult>;
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
  /**
   * Whether this service (or another that shares its keys) has signed this receipt for the site, and nothing of it was altered since: also of a
   * subject that was erased meanwhile.
   */
  verifyReceipt(receipt: unknown, options?: { site?: string }): Promise<boolean>;
  /** The public key of the site's receipts: with it anybody can check one (`verifyConsentReceipt`) without asking the service. */
  receiptKey(options?: { site?: string }): Promise<ReceiptKey>;
  /** Everything held of the subject; that it was handed out is noted in the audit log, not whose it was. */
  exportData(id: SubjectId, options?: SubjectOptions): Promise<VisitorExport>;
  erase(id: SubjectId, options?: EraseOptions): Promise<ErasureReceipt>;
  /**
   * The name under which an identifier stands in live frames, exports and everything else that is kept. The same as long as the site's key is.
   * Rejects with `ATTUNE_SERVICE_SUBJECT` for none, or an empty one.
   */
  pseudonymOf(id: NamedId, options?: { site?: string }): Promise<string>;
  /**
   * A signed text by which a visitor's browser shows whose it is for 180 days, to see, take away and decide on what is kept of that visitor
   * alone. To be kept where scripts cannot read it (an HttpOnly cookie), and given out where consent is.
   */
  issueVisitorToken(
    visitorId: string,
    options?: { site?: string },
  ): Promise<{ token: string; expiresAt: number }>;
  /** Whose token it is; null for one that is altered, too old or of none of the sites (default: `default` alone). */
  readVisitorToken(
    token: string,
    options?: { sites?: readonly string[] },
  ): Promise<{ site: string; visitorId: string } | null>;
  /**
   * A text for a link to another domain of the site, by which pages there know the visitor again: once, within two minutes, at that origin
   * alone. Null where consent does not cover that the visitor is known.
   */
  issueHandover(
    visitorId: string,
    options: HandoverOptions,
  ): Promise<{ token: string; expiresAt: number } | null>;
  /** Who comes by such a link; null where it was used, is too old, altered or for elsewhere, and where consent does not cover it any more. */
  redeemHandover(token: string, options: HandoverOptions): Promise<{ visitorId: string } | null>;
  subscribe(filter: ServiceFilter, listener: (frame: ServiceFrame) => void): Promise<() => Promise<void>>;
  /**
   * Validates, stores and publishes; refused with issues if it is not right or not newer. `replace` publishes it whatever its revision,
   * under the next one: going back to an earlier ruleset is that. `over` is asked whether it may replace the version that is published at that
   * moment (null: none is); where it may not, it is refused with `ATTUNE_SERVICE_RULESET_CHANGED`. Rejects with
   * `ATTUNE_SERVICE_CONTENTION` where other processes publish at the same moment again and again.
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
   * Experiments as people define them: draft → running → stopped (→ running, as a new run) → shipped, every revision kept. Starting one publishes a ruleset in which it decides its slot, stopping it
   * one in which the slot is as it was before, shipping a variant one in which everybody gets that. Issues carry their place in the definition.
   */
  experiments: {
    get(id: string, options?: { site?: string }): Promise<Experiment | null>;
    /** In the order of their ids. */
    list(options?: { site?: string }): Promise<Experiment[]>;
    /** The newest first. */
    history(id: string, options?: { site?: string }): Promise<ExperimentRevision[]>;
    /** A new one, or one that is there already: once it runs, only its words can change. */
    define(definition: ExperimentDefinition, options?: ActOptions): Promise<Result<Experiment, Issue[]>>;
    act(
      id: string,
      action: Exclude<ExperimentAction, { type: "define" }>,
      options?: ActOptions,
    ): Promise<Result<Experiment, Issue[]>>;
    /**
     * The analysis of one run (default: the one at hand), also of an experiment that a ruleset measures by itself; null where nothing measures it. Reads its counters alone.
     */
    results(id: string, options?: { site?: string; run?: number }): Promise<ExperimentResults | null>;
    /**
     * What another policy would have earned, from the decisions of the run at hand as they are kept, with an interval, or a refusal in words where the two overlap too little. Reads visitors one by one, 10,000 at most unless
     * told.
     */
    evaluate(query: EvaluateQuery, options?: { site?: string }): Promise<Result<EvaluatedPolicy, Issue[]>>;
    /**
     * Looks at all that run: bandits whose time it is get new shares, published as a new ruleset, and what the decision rule has come to is noted as a proposal. For a timer, of any number of processes.
     */
    review(options?: { site?: string }): Promise<Review[]>;
  };
  /**
   * What the metrics of one run of an experiment have come to, by variant, as `analyzeExperiment` takes it. A visitor counts from its first exposure on, once; default: the run that the
   * ruleset names. Null where the ruleset does not measure the experiment.
   */
  experimentSums(
    experiment: string,
    options?: { site?: string; run?: number },
  ): Promise<ExperimentSums | null>;
  /**
   * How many visitors saw more than one variant of an experiment: by a log-in, a lost cookie, a weight that was changed. A share that grows says
   * that assignments drift. Devices that were never seen as one person count each for itself.
   */
  crossed(experiment: string, options?: { site?: string }): Promise<number>;
  /**
   * A figure over time, by when the server received what it counts; null without a series. What is folded is there some seconds later, and what
   * is erased stays in it as part of sums that name nobody. Rejects with `ATTUNE_SERVICE_SERIES_QUERY` for what is not kept.
   */
  series(query: FigureQuery, options?: { site?: string }): Promise<SeriesRow[] | null>;
  segments: SegmentsService;
  /** How many visitors are in a segment, exactly, for the host's own use; null where nobody is. What is shown to people goes by `segments.size`. */
  segmentSize(name: string, options?: { site?: string }): Promise<number | null>;
  /**
   * Of each visitor what is kept of its events, in the order in which they came, as far as consent covers it for these purposes (default personalization), at the time and now: to learn from. Under the
   * pseudonym; sensitive fields stay sealed. Who was erased or has withdrawn is not there. Reads every visitor, one at a time.
   */
  histories(options?: { site?: string; purposes?: readonly Purpose[] }): AsyncIterable<readonly Event[]>;
  /**
   * What a privacy officer answers for, as of now; what was done counts from `from` to before `to` (epoch ms; default: the last 30 days). Of
   * more than `visitors` visitors (default 10,000) no decisions are counted, since each is read.
   */
  privacyReport(options?: {
    site?: string;
    from?: number;
    to?: number;
    visitors?: number;
  }): Promise<PrivacyReport>;
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
    /** `isSame` tells the fact among the latest 100 entries: one that is there already is given back and not written again, whoever wrote it. */
    append(
      fact: AuditFact,
      options?: { site?: string; isSame?(entry: AuditEntry): boolean },
    ): Promise<AuditEntry>;
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
  /**
   * Stops the worker after the batch at hand; further calls wait for the same end. A store that does not answer what is left to do then holds
   * it up for 10 seconds at most. The ports stay open: they are the host's.
   */
  close(): Promise<void>;
}

export type * from "./results.js";
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
  ReceiptKey,
  SignedConsentReceipt,
  SubjectId,
};
