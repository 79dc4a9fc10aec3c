import type { ConsentRecord, Purpose } from "../../consent/types.js";
import type { Event } from "../../events/types.js";
import type { Memberships } from "../../segments/types.js";
import type { VisitorState } from "../../state/types.js";
import type { Past } from "../experiments/measure-past.js";
import type { Measures } from "../experiments/types.js";
import type { PackedEvent } from "../log/packed-events.js";
import type { ErasureReceipt } from "../types.js";

/** What the log holds: accepted events of one visitor that came together, in their order. */
export type LoggedRun = {
  v: 3;
  site: string;
  visitor: string;
  /** Names of the places that wait for the outcomes, one per event; absent where nobody waits. */
  wait?: readonly string[];
} & (
  | { events: readonly Event[] }
  | { packed: readonly PackedEvent[] }
  /** The packed ones as JSON, sealed under the visitor's key. */
  | { sealed: string }
);

/** Counter name → number; names as `COUNTER` of `contributions.ts` says. */
export type Counts = Readonly<Record<string, number>>;

/** A client's session that this visitor took part in; `converted`: with an order in it. */
export interface SessionDelta {
  session: string;
  converted: boolean;
  /** Minutes since the epoch of its first event here, and of its order; where rollups are kept. */
  minutes?: { started: number; converted: number | null };
  /** When the first of the events that it comes from is gone, epoch ms, where that is before the others: its record is kept no longer. */
  until?: number;
}

/** What one commit of a visitor must still do in other partitions. */
export interface PendingEffects {
  /** Rises by one with each commit of this visitor that has effects: those up to what the counter shard remembers are done. */
  seq: number;
  counts: Counts;
  /** The same by minutes since the epoch, each name's ups and downs apart; where rollups are kept. */
  minutes?: Readonly<Record<string, readonly (readonly [name: string, by: number])[]>>;
  sessions: readonly SessionDelta[];
  /** Users this visitor turned out to be. */
  links: readonly string[];
  /**
   * Versions of the decisions by which the new links among them were folded: each user's as it was read, the visitor's own as the commit left
   * it. One that has another version by now was recorded since.
   */
  decisions?: { own: number; users: Readonly<Record<string, number>> };
  /** All segments that the visitor counts in from then on; absent where there never were any, and in effects of before. */
  stands?: readonly string[];
  /** When the events that it comes from are gone, epoch ms: what is made of it elsewhere goes by this. */
  until: number;
  /** The visitor was erased: nothing may be counted for it after this. */
  last?: true;
}

/** What one visitor's commits must still do elsewhere, oldest first. */
export interface VisitorEffects {
  site: string;
  visitor: string;
  pending: readonly PendingEffects[];
}

/** `state` in a visitor's partition. */
export interface VisitorRecord {
  v: 1;
  state: VisitorState;
  segments: Memberships;
  /** All that this visitor ever added to the site's counters, so that it can be taken away again. */
  counts: Counts;
  /** Experiment → the variant seen first, which an order is attributed to. */
  first: Readonly<Record<string, string>>;
  /** What the site's experiments measure of this visitor; absent where they do not. */
  measures?: Measures;
  /** What metrics that look back need of the days before a first exposure, of events that covered analytics; absent where no metric does. */
  past?: Past;
  /** The session that was counted last, and whether an order in it was. */
  counted: { session: string; converted: boolean } | null;
  seq: number;
  pending: readonly PendingEffects[];
  /** Until when the links to users are kept at least, epoch ms; absent where there are none. */
  linkedUntil?: number;
  /** Of the last event: the ruleset by which memberships were found, and what it was covered by; absent in records of before, and where there was no ruleset. */
  assessed?: { rules: string; purposes: readonly Purpose[] };
  /** What versions of models on trial are chosen by; absent where no ruleset named models when the visitor was last here. */
  modelKey?: string;
}

/** `e/{id}`. */
export interface EventRecord {
  v: 1;
  /** What "the same event again" is judged by. */
  hash: number;
  event: Event;
}

/** `x/{id}`: bodies that came under an id already taken. */
export interface ConflictRecord {
  v: 1;
  hashes: readonly number[];
}

/** What erasures removed of one partition. */
export type Tally = Omit<ErasureReceipt["removed"], "deadLetters">;

export interface TombstoneRecord {
  v: 1;
  at: number;
  /** What was removed here, by whomever, and stands in no receipt yet. A user's has it, be it zeros, while its erasure is under way. */
  removed?: Tally;
  /** Effects that the erasure itself still has to apply; gone once it has. */
  pending?: readonly PendingEffects[];
  /** What was counted of the visitor stays in the sums, whoever completes the erasure. */
  keepsCounts?: true;
}

/** `consent`: the decision that holds. */
export interface ConsentEntry {
  v: 1;
  current: ConsentRecord;
}

/** `c/{receipt}`: one decision as it was made. */
export interface ConsentLine {
  v: 1;
  receipt: string;
  recordedAt: number;
  record: ConsentRecord;
  /** What held from then on: less than `record` where that was made before the decision it came after. */
  held: ConsentRecord;
  /** Of the receipt, which says the rest of what the line says. Absent where nobody signed. */
  signed?: {
    textHash: string | null;
    signature: string;
    /** Names the public key; absent of a receipt of version 1. */
    key?: string;
  };
}

/** `a/{visitor}` in a counter shard: effects up to this one are counted. */
export interface AppliedRecord {
  seq: number;
  /** Counters for which there was no room when this visitor first fed them: they count as `(other)`, and are taken away there. */
  others?: readonly string[];
  /** The segments that this visitor is counted in, and the hour since the epoch in which it is to be looked whether its state is there still. Absent where there are none; else the record has no end of its own. */
  segments?: readonly string[];
  due?: number;
}

/** `n/` in a counter shard: written with each commit of the shard. */
export interface CounterGuard {
  v: 1;
  /** How many names of each kind the shard has, in the order of the kinds of `counter-names.ts`. */
  names: readonly number[];
}

/** `s/{session}` in a session shard: its visitors, and whether each ordered in it. */
export interface SessionRecord {
  v: 1;
  visitors: Readonly<Record<string, boolean>>;
}

/** `m/{minute}` in a counter or session shard: what was rolled up in it, until the series has it. */
export interface BucketRecord {
  v: 1;
  /** By rollup key: all of the minute in this shard, but for what `base` says. */
  counts: Counts;
  /** The series has these counts. */
  written: boolean;
  /**
   * What the series holds of the minute already is to be added first, since the bucket was there before (`add`), or is to give way to these
   * counts, since all is counted anew (`replace`).
   */
  base?: "add" | "replace";
}
