/** One entry to append. `key` is any text; it decides the shard (equal keys keep their order) and is what erasure goes by. */
export interface LogEntry<V = unknown> {
  key: string;
  value: V;
}

export interface LogRecord<V = unknown> extends LogEntry<V> {
  shard: number;
  /** Grows within a shard; compare only within one shard. Positions need not be dense. */
  position: number;
  /** Epoch ms at which the log took it. */
  appendedAt: number;
}

export interface DeadLetter {
  id: string;
  /** When it was refused, epoch ms. */
  at: number;
  /** When what it holds is past its own retention, epoch ms; absent where that is no earlier than the end of all letters. */
  keptUntil?: number;
  /**
   * What was received, as JSON with its texts masked; at most 32 KiB, except of an event that was taken and could not be folded, which
   * is whole. Empty where no consent covered keeping it.
   */
  body: string;
  /** `body` is sealed under the key of the letter's site and day. */
  sealed?: true;
  /** Error codes and messages; no personal data. */
  reasons: readonly { path: string; code: string; message: string }[];
  schemaVersion: number;
  /**
   * Where it came from, enough to send it through the same door again: of what is kept, with the request's place and privacy signal, and when
   * the client sent it by its own clock, epoch ms.
   */
  source: { site: string; route: string; country?: string; region?: string; gpc?: true; sentAt?: number };
  /** The subject's pseudonym where one could be read, so that erasure finds it. */
  subject?: string;
  /** All pseudonyms that could be read, each with its kind in front (`v:` visitor, `u:` user, `s:` session, `d:` device). */
  subjects?: readonly string[];
}

export interface LogConsumer {
  /** Stops after the batch at hand. */
  stop(): Promise<void>;
  /** Of a log that is `polled`: looks now for what other processes have appended to the shards, and not when it would by itself. */
  look?(shards: readonly number[]): void;
}

/** Positions of a shard that are gone although a group had still to read them. */
export interface LogGap {
  shard: number;
  /** The position that the group had committed; 0 also where the log knows none, as of a new group. */
  after: number;
  /** The last position that is gone; the group goes on behind it. */
  to: number;
  /** How many records that were at most, since positions need not be dense. */
  atMost: number;
}

export interface ConsumeOptions {
  /** At most this many records a batch (default 500). */
  maxBatch?: number;
  /** Told of a handler's failure; the batch is delivered again after a back-off. */
  onError?: (error: unknown) => void;
  /**
   * Told once of each gap in what is delivered, before what comes behind it. No `trim` makes one: it takes a force outside of the port, such as
   * a topic's retention. Adapters of systems that know none never call it.
   */
  onGap?: (gap: LogGap) => void;
}

/**
 * Takes records of one shard in their order. To resolve is to commit their positions; to reject has the same batch delivered again, so
 * what it does must bear being done twice.
 */
export type LogHandler<V> = (batch: readonly LogRecord<V>[]) => Promise<void>;

/**
 * At-least-once, ordered per shard. `append` resolves when the entries are as durable as the adapter declares.
 * A batch's position is committed for the group when the handler's promise resolves; a rejected batch comes again.
 * Not here: exactly-once (effects deduplicate where they are applied), order across shards.
 */
export interface Log {
  readonly capabilities: {
    shards: number;
    /** Survives the process being killed after `append` resolved. */
    durable: boolean;
    /** Whether the log itself drops repeated ids. */
    dedupe: "append" | "none";
    /** `delete`: entries of a key can be removed. `key`: they are made unreadable by destroying their key. */
    erase: "delete" | "key";
    /** Consumers look only from time to time for what other processes have appended, and want to be told of it (`look`). */
    polled?: true;
  };
  append<V>(entries: readonly LogEntry<V>[]): Promise<void>;
  /** Records after the position (0: from the start), at most `limit`. */
  read<V>(shard: number, after: number, limit: number): Promise<LogRecord<V>[]>;
  consume<V>(group: string, handler: LogHandler<V>, options?: ConsumeOptions): Promise<LogConsumer>;
  /** The group's committed position in a shard; 0 if none. */
  committed(group: string, shard: number): Promise<number>;
  /** How many records the group has not yet committed, over all shards. */
  lag(group: string): Promise<number>;
  /** Removes every entry of the key (`erase: "delete"`); how many. */
  erase(key: string): Promise<number>;
  /** Drops records older than the time that every known group has committed; how many. */
  trim(before: number): Promise<number>;
  readonly deadLetters: {
    put(letters: readonly DeadLetter[]): Promise<void>;
    /** Oldest first, after the id. */
    read(after: string | null, limit: number): Promise<DeadLetter[]>;
    remove(ids: readonly string[]): Promise<number>;
  };
  close(): Promise<void>;
}
