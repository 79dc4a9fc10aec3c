import type { Clock } from "../../kernel/clock.js";
import type { JsonValue } from "../../kernel/json.js";
import type { RandomSource } from "../../kernel/random.js";
import type { KeyProvider } from "../../ports/capabilities.js";
import type { Store } from "../../ports/store.js";
import {
  type AuditCheckpoint,
  type AuditEntry,
  type AuditVerdict,
  nextEntry,
  signCheckpoint,
  walkChain,
} from "../../privacy/index.js";
import { auditPartition } from "../layout/partitions.js";
import type { KeyedQueue } from "../tools/queue.js";
import { untilWritten } from "../tools/retry.js";

/** What is written down of one thing done. Details are facts and counts, never a subject's identifier. */
export interface AuditFact {
  type: string;
  /** Who did it: the name of a credential (default `system`). */
  actor?: string | undefined;
  detail?: Readonly<Record<string, JsonValue>>;
}

/** The audit log of each site: entries can be added and checked, nothing else. */
export interface Audit {
  /** @param isSame Tells the fact among the latest 100 entries: one that is there already is not written again, whoever wrote it. */
  append(site: string, fact: AuditFact, isSame?: (entry: AuditEntry) => boolean): Promise<AuditEntry>;
  /** In their order, after the entry of that number. */
  list(site: string, after: number, limit: number): Promise<AuditEntry[]>;
  /** What the log has come to, signed; to be kept elsewhere. Null while it is empty. */
  checkpoint(site: string): Promise<AuditCheckpoint | null>;
  /**
   * Walks the whole log against the checkpoint kept beside it and those given. One that was kept elsewhere shows also that the end was not
   * cut off together with the one beside it.
   */
  verify(site: string, checkpoints: readonly AuditCheckpoint[]): Promise<AuditVerdict>;
}

interface AuditParts {
  durable: Store;
  keys: KeyProvider;
  clock: Clock;
  random: RandomSource;
  queue: KeyedQueue;
  report(error: unknown): void;
}

const ENTRY = "e/";
const HEAD = "head";
const LOOKED_THROUGH = 100;
/** So that sort keys are in the order of numbers. */
const DIGITS = 12;
const entryKey = (seq: number): string => ENTRY + String(seq).padStart(DIGITS, "0");

/**
 * On a store that writes one record at a time: an entry's number is taken by whoever writes it first. Those of one process queue up, so that
 * only processes compete for numbers.
 */
export function createAudit({ durable, keys, clock, random, queue, report }: AuditParts): Audit {
  /** The latest first. */
  async function latest(site: string, limit: number): Promise<AuditEntry[]> {
    const found: AuditEntry[] = [];
    const range = { prefix: ENTRY, reverse: true, limit };
    for await (const { value } of durable.scan<AuditEntry>(auditPartition(site), range)) found.push(value);
    return found;
  }

  /** Entries are written before the checkpoint, which follows the furthest. */
  async function sign(site: string, { seq, hash }: AuditEntry): Promise<void> {
    const key = await keys.key(site, "audit");
    const checkpoint = signCheckpoint(key, { site, seq, hash, at: clock.now() });
    const attempt = async (): Promise<true | null> => {
      const head = await durable.get<AuditCheckpoint>(auditPartition(site), HEAD);
      if (head !== null && head.value.seq >= seq) return true;
      const ifVersion = head?.version ?? 0;
      return (await durable.put(auditPartition(site), HEAD, checkpoint, { ifVersion })).written ? true : null;
    };
    await untilWritten(attempt, random);
  }

  return {
    append(site, { type, actor = "system", detail = {} }, isSame) {
      const partition = auditPartition(site);
      const attempt = async (): Promise<AuditEntry | null> => {
        const before = await latest(site, isSame ? LOOKED_THROUGH : 1);
        const noted = isSame && before.find(isSame);
        if (noted) return noted;
        const entry = nextEntry(before[0] ?? null, { at: clock.now(), type, actor, detail });
        const { written } = await durable.put(partition, entryKey(entry.seq), entry, { ifVersion: 0 });
        return written ? entry : null;
      };
      return queue(partition, async () => {
        const entry = await untilWritten(attempt, random);
        // The entry is there. Were this a failure, whoever tries again would add another; the next entry's checkpoint is for this one too.
        await sign(site, entry).catch(report);
        return entry;
      });
    },
    async list(site, after, limit) {
      const found: AuditEntry[] = [];
      const range = { from: entryKey(after + 1), prefix: ENTRY, limit };
      for await (const { value } of durable.scan<AuditEntry>(auditPartition(site), range)) found.push(value);
      return found;
    },
    checkpoint: async (site) =>
      (await durable.get<AuditCheckpoint>(auditPartition(site), HEAD))?.value ?? null,
    async verify(site, checkpoints) {
      const head = await durable.get<AuditCheckpoint>(auditPartition(site), HEAD);
      const marks = head === null ? checkpoints : [head.value, ...checkpoints];
      const walk = walkChain(site, marks, await keys.key(site, "audit"));
      for await (const { value } of durable.scan<AuditEntry>(auditPartition(site), { prefix: ENTRY }))
        walk.add(value);
      return walk.end();
    },
  };
}
