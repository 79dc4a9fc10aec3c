import type { ConsentState, Grants } from "../../consent/types.js";
import type {
  DecidingRuleset,
  Decision,
  DecisionVisitor,
  Explanation,
  Ruleset,
} from "../../decisions/types.js";
import type { Memberships } from "../../segments/types.js";
import type { Assignments } from "../../state/types.js";
import type { Attributes } from "../../targeting/types.js";
import type { Made } from "../decider.js";
import type { Draft } from "../draft.js";
import type { Host } from "../host.js";
import type { Attune, AttuneOptions, EngineExport, Snapshot, TrackResult } from "../types.js";
import type { Visitor } from "../visitor-traces.js";

/** What the first load hands to the part that records and learns. */
export interface RecordingContext {
  host: Host;
  options: AttuneOptions;
  /** What capture and those who check a site call. */
  engine(): Pick<Attune, "track" | "page" | "force">;
  /** When the engine was made, epoch ms: sessions from before are not new. */
  bornAt: number;
  /** Resolves when what was erased before the recording came is gone. */
  erased: Promise<void>;
  /** Whom the cookie names, where consent lets it be read. */
  visitor: Visitor | null;
  /** Segments that the server found, where they still hold; null where there is no such finding. */
  assumed(): Memberships | null;
  consent(): ConsentState;
  ruleset(): DecidingRuleset | null;
  /** From now on this decides. @throws AttuneError where it cannot be compiled. */
  useRuleset(next: Ruleset): void;
  /** Takes on a consent record from elsewhere; resolves when all is in line with it. */
  adopt(record: unknown): Promise<void>;
  /** Takes on what pages of other origins have decided, which nothing tells of. Before anything is sent. */
  sync(): void;
  /** The decisions that the page has asked for. */
  made(): Made;
  /** What the server decided is no longer held on to. */
  letGo(): void;
  /** Decisions are made anew and listeners are told. */
  changed(): void;
  /** From now on calls wait: an event must be folded onto the state it continues. */
  hold(): void;
  /** Those that waited have their turn, in their order; later ones need not wait. */
  release(): void;
}

/** What is read off the folded state; the same objects for as long as nothing in them changes. */
export type Signals = Pick<Snapshot, "features" | "scores" | "modelScores">;

/**
 * The part that records and learns: visitor, fold, features, segments, capture, queue, delivery. It comes behind the first load's back, so
 * a page renders, decides and takes consent without it. It is driven by the first load alone, which holds calls back until it is there.
 */
export interface Recording {
  visitor: Attune["visitor"];
  session: Attune["session"];
  deliveries: Attune["deliveries"];
  storage(): Snapshot["storage"];
  segments(): Memberships;
  signals(): Signals;
  attributes(): Attributes;
  assignments(): Assignments;
  /** Whether the page cannot decide by itself what the server did; the first load holds on to that until it is told to let go. */
  lasts(): (decision: Decision) => boolean;
  explain(compiled: DecidingRuleset, slot: string, visitor: DecisionVisitor): Explanation;

  /** Called once. `known`: a visitor may be known already. Resolves, and releases, when what the device knew is loaded. */
  begin(known: boolean): Promise<void>;
  /** Consent has changed: begins, ends, or forgets what is no longer allowed to be known. Resolves when that is so, on the device too. */
  consented(before: ConsentState, after: ConsentState, erase: boolean): Promise<void>;
  /** The ruleset has changed. */
  use(): void;

  /**
   * Makes the draft an event, if it can be one. A user's id makes the visitor that user first; a decision is counted once; a reset makes
   * no event, but the visitor a new nobody, and resolves when the device knows.
   *
   * @param granted What was granted when it happened: a later grant widens nothing.
   */
  record(draft: Draft, granted: Grants): Promise<TrackResult>;
  /** Erases everything, and begins anew as far as consent allows. */
  forget(): Promise<void>;
  flush(): Promise<void>;
  export(): EngineExport;
  import(data: unknown): Promise<void>;
  /** Ends capture, delivers and keeps what there is, and rests. */
  close(): Promise<void>;
}

export type CreateRecording = (context: RecordingContext) => Recording;
