import type { ConsentRecord, ResolvedConsentPolicy } from "../consent/types.js";
import type { Decision } from "../decisions/types.js";
import type { Score } from "../engagement/types.js";
import type { Event } from "../events/types.js";
import type { Issue } from "../kernel/result.js";
import type { AuditVerdict, SignedConsentReceipt } from "../privacy/index.js";
import type { ModelScores } from "../decisions/model-scores.js";
import type { Memberships } from "../segments/types.js";
import type { Assignments, VisitorState } from "../state/types.js";

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
  /** What the ruleset's models say, as conditions read it under `scores`. A model that says nothing, or that what was granted does not cover, is not there. */
  modelScores: ModelScores;
  /** Empty where a stored decision does not grant personalization (any more). */
  traits: Readonly<Record<string, unknown>>;
  /** What was shown of sticky experiments, on all devices together. Empty where a stored decision does not grant personalization (any more). */
  assignments: Assignments;
  /** The latest decision; `consentOf` tells what came before it. */
  consent: ConsentRecord | null;
  /** Why something is null or left out, by name. */
  notes: Readonly<Record<string, string>>;
}

/** How far the visitors of a site are brought in line with its segments. */
export interface SegmentationProgress {
  /** Visitors that were looked at so far, and those of them that have entered or left a segment. */
  visited: number;
  changed: number;
  /** Epoch ms; `ended` null while it is under way, or where it was cut off. */
  began: number;
  ended: number | null;
}

/** How many visitors are in a segment. */
export interface SegmentSize {
  segment: string;
  /** Visitors whose events cover analytics; null where that may not be told. */
  size: number | null;
  /** Why it is null: fewer are in it than may be told of. */
  reason: "too-few" | null;
  /** The least number that is told. */
  floor: number;
}

export interface StoredConsent {
  current: ConsentRecord;
  history: readonly ConsentRecord[];
  /** The signed receipts of the decisions in the history that the person made, oldest first. */
  receipts: readonly SignedConsentReceipt[];
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
  /** What was decided. */
  record: ConsentRecord;
  /** What holds now: less where the decision was made before one that stood already. */
  held: ConsentRecord;
  /**
   * False where nothing of the decision is kept, since its visitor was erased. What it refuses is refused all the same: nothing is taken from
   * an erased visitor. What it grants is not.
   */
  stored: boolean;
  /** Signed by the server (T27); null where nothing is kept. `verifyReceipt` knows it again. */
  receipt: SignedConsentReceipt | null;
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
  /** How many visitors are in each; null where fewer are in it than may be told of. */
  segments: Readonly<Record<string, number | null>>;
  /** Of how many of these segments no size is told, since fewer than `floor` visitors are in them; null where all are told. */
  tooFew: { floor: number; segments: number } | null;
  experiments: Readonly<Record<string, ArmCounts>>;
  /** Of these experiments: visitors who saw more than one variant; absent where nobody did. */
  crossed: Readonly<Record<string, number>>;
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

/** What visitors have decided. */
export interface DecisionCounts {
  /** Visitors with a stored decision. */
  decided: number;
  /** By optional purpose: those for whom it holds now. */
  granted: Readonly<Record<string, number>>;
  /** Those of whose grants some hold no more: too old, or of another policy. */
  lapsed: number;
  bySource: Readonly<Record<string, number>>;
}

/** What a privacy officer answers for; each figure is counted from what is stored, or null with the reason in `notes`, by its path. */
export interface PrivacyReport {
  site: string;
  generatedAt: string;
  from: string;
  to: string;
  consent: {
    policy: Pick<
      ResolvedConsentPolicy,
      "version" | "mode" | "regions" | "purposes" | "gpcDenies" | "expiresAfterMs"
    > | null;
    decisions: DecisionCounts | null;
  };
  /** As of now. Visitors and sessions as far as analytics covers them. */
  held: {
    visitors: number;
    events: number;
    sessions: number;
    deadLetters: number | null;
    retentionMs: number;
  };
  protection: { logSealed: boolean; sensitiveFieldsSealed: boolean };
  /** In the time asked for, as the audit log has it. */
  done: {
    erasures: number;
    erasuresByVisitors: number;
    erased: { events: number; sessions: number; profiles: number };
    exports: number;
    sensitiveReads: number;
    keysRevoked: number;
  };
  auditLog: AuditVerdict;
  notes: Readonly<Record<string, string>>;
}
