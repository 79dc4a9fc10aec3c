import type { Store } from "@attune/core/ports";
import type { AuditEntry, PersonalizationService } from "@attune/core/service";
import { type ModelEvent, type ModelRecord, modelsPartition } from "@attune/ml/registry";

/** Entries of the audit log that are read at once. */
const PAGE = 500;

export interface JournalOptions {
  store: Store;
  service(): Pick<PersonalizationService, "audit">;
}

/** What was done to models, in the audit log. */
export interface Journal {
  /** Notes the latest change of a model, right after it was made. */
  note(site: string, record: ModelRecord): Promise<void>;
  /** Notes the changes that the record tells of and the log does not: whoever made them has died or failed in between. Where there is none, nothing is read but once by each process. */
  complete(site: string, record: ModelRecord): Promise<void>;
}

/** Up to which change of a model, and to which entry of the log, nothing is missing. */
interface Completed {
  v: 1;
  revision: number;
  seq: number;
}

const sortOf = (name: string): string => `n/${name}`;

/** Each change adds one event and one to the revision, so an event's revision follows from its place. */
const changesOf = ({ revision, events }: ModelRecord): { revision: number; event: ModelEvent }[] =>
  events.map((event, place) => ({ revision: revision - place, event })).reverse();

const isOf = (entry: Pick<AuditEntry, "type" | "detail">, name: string): boolean =>
  entry.type.startsWith("model-") && entry.detail["model"] === name;

/**
 * The registry is changed first and the audit log after it, so that a failure in between leaves a change that nobody has noted; the record's own events say which. A change is told by its revision, and is
 * noted once whoever does it.
 */
export function createJournal({ store, service }: JournalOptions): Journal {
  /** Revisions up to which this process knows the log to be complete. */
  const known = new Map<string, number>();

  async function append(
    site: string,
    name: string,
    { revision, event }: { revision: number; event: ModelEvent },
  ) {
    const { type, version, code, actor } = event;
    const detail = { model: name, version, revision, ...(code && { code }) };
    await service().audit.append(
      { type: `model-${type}`, actor, detail },
      { site, isSame: (entry) => isOf(entry, name) && entry.detail["revision"] === revision },
    );
  }

  /** Revisions of a model that the log tells of from an entry on, and the last entry that there is. */
  async function noted(
    site: string,
    name: string,
    from: number,
  ): Promise<{ revisions: Set<number>; seq: number }> {
    const revisions = new Set<number>();
    let seq = from;
    for (;;) {
      const entries = await service().audit.list({ site, after: seq, limit: PAGE });
      for (const entry of entries) {
        if (isOf(entry, name)) revisions.add(Number(entry.detail["revision"]));
        seq = entry.seq;
      }
      if (entries.length < PAGE) return { revisions, seq };
    }
  }

  return {
    async note(site, record) {
      const latest = changesOf(record).at(-1);
      if (latest !== undefined) await append(site, record.name, latest);
    },
    async complete(site, record) {
      const { name, revision } = record;
      const key = `${site}/${name}`;
      if ((known.get(key) ?? 0) >= revision) return;
      const [partition, sort] = [modelsPartition(site), sortOf(name)];
      const done = (await store.get<Completed>(partition, sort))?.value ?? { revision: 0, seq: 0 };
      if (done.revision < revision) {
        const found = await noted(site, name, done.seq);
        for (const change of changesOf(record))
          if (change.revision > done.revision && !found.revisions.has(change.revision))
            await append(site, name, change);
        const completed: Completed = { v: 1, revision, seq: found.seq };
        await store.put(partition, sort, completed);
      }
      known.set(key, revision);
    },
  };
}
