import type { DeadLetter, LogRecord } from "../ports/log.js";

/**
 * What a `Log` is by its port, worked out the plain way. Where a record lies (shard, position) and when it was taken is the log's own
 * choice: the model learns that from the log and holds it to it.
 */
export interface LogModel {
  /** Everything that was appended and neither erased nor trimmed, in the order in which it was learned. */
  records(): readonly LogRecord[];
  learn(records: readonly LogRecord[]): void;
  /** The highest position that was learned of a shard, whether its record is still there or not. */
  highest(shard: number): number;
  read(shard: number, after: number, limit: number): LogRecord[];
  /** Makes a group known, which from then on holds back trimming. */
  join(group: string): void;
  committed(group: string, shard: number): number;
  commit(group: string, shard: number, position: number): void;
  /** What the group has yet to be given of a shard. */
  pending(group: string, shard: number): LogRecord[];
  lag(group: string): number;
  erase(key: string): number;
  trim(before: number): number;
  letters: {
    put(letters: readonly DeadLetter[]): void;
    read(after: string | null, limit: number): DeadLetter[];
    remove(ids: readonly string[]): number;
  };
}

export function logModel(): LogModel {
  let records: LogRecord[] = [];
  let letters: DeadLetter[] = [];
  const highest = new Map<number, number>();
  const groups = new Map<string, Map<number, number>>();

  const committed = (group: string, shard: number): number => groups.get(group)?.get(shard) ?? 0;
  const isPending = (group: string, { shard, position }: LogRecord): boolean =>
    position > committed(group, shard);
  const read = (shard: number, after: number, limit: number): LogRecord[] =>
    records
      .filter((record) => record.shard === shard && record.position > after)
      .sort((a, b) => a.position - b.position)
      .slice(0, limit);
  const keepWhere = (stays: (record: LogRecord) => boolean): number => {
    const before = records.length;
    records = records.filter(stays);
    return before - records.length;
  };
  const join = (group: string): Map<number, number> => {
    const known = groups.get(group) ?? new Map<number, number>();
    groups.set(group, known);
    return known;
  };

  return {
    records: () => records,
    learn(more) {
      records = [...records, ...more];
      for (const { shard, position } of more) highest.set(shard, Math.max(position, highest.get(shard) ?? 0));
    },
    highest: (shard) => highest.get(shard) ?? 0,
    read,
    join,
    committed,
    commit: (group, shard, position) => void join(group).set(shard, position),
    pending: (group, shard) => read(shard, committed(group, shard), Number.POSITIVE_INFINITY),
    lag: (group) => records.filter((record) => isPending(group, record)).length,
    erase: (key) => keepWhere((record) => record.key !== key),
    trim: (before) =>
      keepWhere(
        (record) =>
          record.appendedAt >= before || [...groups.keys()].some((group) => isPending(group, record)),
      ),
    letters: {
      put(more) {
        const ids = new Set(more.map(({ id }) => id));
        // The same letter twice in one call is one, too: the later stands.
        const last = more.filter((letter, i) => !more.slice(i + 1).some(({ id }) => id === letter.id));
        letters = [...letters.filter(({ id }) => !ids.has(id)), ...last].sort((a, b) =>
          a.id < b.id ? -1 : 1,
        );
      },
      read: (after, limit) => letters.filter(({ id }) => after === null || id > after).slice(0, limit),
      remove(ids) {
        const before = letters.length;
        letters = letters.filter(({ id }) => !ids.includes(id));
        return before - letters.length;
      },
    },
  };
}
