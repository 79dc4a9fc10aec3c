import type { ConsentRecord } from "../consent/types.js";
import type { Clock } from "../kernel/clock.js";
import type { IdSource } from "../kernel/ids.js";
import type { RandomSource } from "../kernel/random.js";
import type { KeyProvider } from "../ports/capabilities.js";
import type { Channel } from "../ports/channel.js";
import type { Log } from "../ports/log.js";
import type { Series } from "../ports/series.js";
import type { AtomicStore, Store } from "../ports/store.js";
import type { VisitorTokens } from "./access/visitor-tokens.js";
import type { BoundedCache } from "./cache/bounded-cache.js";
import type { VisitorCache } from "./cache/visitor-cache.js";
import type { ReceiptSigner } from "./consent/receipts.js";
import type { FieldSeals } from "./door/field-seals.js";
import type { Rollups } from "./figures/rollup-writer.js";
import type { DecisionAt } from "./fold/fold-visitor.js";
import type { Pseudonyms } from "./layout/pseudonyms.js";
import type { LetterSeals } from "./letters/letter-seals.js";
import type { SubjectKeys } from "./log/subject-keys.js";
import type { Assessments } from "./rules/assessments.js";
import type { Scoring } from "./rules/scoring.js";
import type { KeyedQueue } from "./tools/queue.js";
import type { Audit } from "./upkeep/audit.js";
import type { FoldingClaim } from "./upkeep/folding-claim.js";

/** What every part of the service works with. */
export interface ServiceContext {
  hot: AtomicStore;
  /** Rulesets and receipts: the durable store where there is one. */
  durable: Store;
  log: Log | null;
  series: Series | null;
  /** What brings the rollups into the series; null without one. */
  rollups: Rollups | null;
  /** The host's, or from the first subscription on one of this process; null where nobody would hear. */
  readonly channel: Channel | null;
  /** The channel of live frames, made if there is none. */
  liveChannel(): Channel;
  clock: Clock;
  random: RandomSource;
  ids: IdSource;
  keys: KeyProvider;
  pseudonyms: Pseudonyms;
  tokens: VisitorTokens;
  audit: Audit;
  receipts: ReceiptSigner;
  /** What the log and sensitive fields are sealed with; null: nothing is. */
  subjectKeys: SubjectKeys | null;
  letterSeals: LetterSeals | null;
  /** Null where no field is sensitive. */
  fields: FieldSeals | null;
  /** What is known of visitors without asking the store. */
  visitors: VisitorCache;
  assessments: Assessments;
  /** What models say of visitors; null where the service was given none. */
  scoring: Scoring | null;
  /** To be held by whoever changes what events have made. */
  claim: FoldingClaim;
  /** One at a time per partition in this process; other processes are met by conditional writes. */
  queue: KeyedQueue;
  retentionMs: number;
  /** Which hours of which counter shards are noted as due already. */
  dueNoted: BoundedCache<true>;
  /** How many entries of the log were gone before this process could fold them, at most. */
  readonly lost: { entries: number };
  /** Set while the past is folded again: a partition's decision as it was when the visitor's events came; nothing is decided anew. */
  past?: {
    consentOf(partition: string, visitor: string): Promise<ConsentRecord | null>;
    /** All decisions of a partition, by time. */
    decisionsOf(partition: string): Promise<DecisionAt>;
    /** Whether what is folded of this visitor is past its retention: then its key may be gone, too. */
    isPastRetention(visitor: string): boolean;
  };
  report(error: unknown): void;
}
