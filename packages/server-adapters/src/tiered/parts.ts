import type { Clock } from "@attune/core";
import type { Store, StoreRecord } from "@attune/core/ports";
import { type DurableHead, type IntentOp, PART, PART_NOTE, PART_NOTES, partKey } from "./layout.js";
import { inParallel } from "./parallel.js";

/** Writes under way at once. */
const WIDTH = 16;

export type Parts = NonNullable<DurableHead["parts"]>;

interface Part {
  /** Epoch ms. */
  at: number;
  ops: IntentOp[];
}

/** Where parts may lie; written before them and removed after them. */
interface PartNote {
  /** Epoch ms. */
  at: number;
  partition: string;
}

/** Parts that were begun and are not removed yet. */
export interface Begun extends PartNote {
  id: string;
}

/** The parts of commits that are too large for the durable head. */
export interface PartStore {
  /** Leaves nothing where it rejects, unless the process dies over it. */
  write(partition: string, parts: Parts, groups: readonly IntentOp[][]): Promise<void>;
  /** Null where some of them are gone. */
  read(partition: string, parts: Parts): Promise<IntentOp[] | null>;
  remove(partition: string, parts: Parts): Promise<void>;
  /** All that were begun, by whomever; without reading the partitions. */
  begun(): AsyncIterable<Begun>;
  /** Removes those of one commit, however many there are. */
  clear(begun: Begun): Promise<void>;
}

/**
 * A part has no end of its own: a commit that has happened needs its parts until its records are written, whenever that is. So that those of
 * a commit that never happened are found without looking through all partitions, each set of parts is noted in one place.
 */
export function partStore({ store, clock }: { store: Store; clock: Clock }): PartStore {
  const forget = (id: string): Promise<boolean> => store.delete(PART_NOTES, PART_NOTE + id);
  const remove = async (partition: string, parts: Parts): Promise<void> => {
    await inParallel(partKeys(parts), WIDTH, (sort) => store.delete(partition, sort));
    await forget(parts.id);
  };
  return {
    remove,
    async write(partition, parts, groups) {
      const at = clock.now();
      await store.put<PartNote>(PART_NOTES, PART_NOTE + parts.id, { at, partition });
      try {
        await inParallel([...groups.entries()], WIDTH, ([index, ops]) =>
          store.put<Part>(partition, partKey(parts.id, index), { at, ops }, { ifVersion: 0 }),
        );
      } catch (error) {
        await remove(partition, parts);
        throw error;
      }
    },
    async read(partition, parts) {
      const found = await store.getMany<Part>(partKeys(parts).map((sort) => ({ partition, sort })));
      const whole = found.filter((part): part is StoreRecord<Part> => part !== null);
      return whole.length === found.length ? whole.flatMap(({ value }) => value.ops) : null;
    },
    async *begun() {
      for await (const { sort, value } of store.scan<PartNote>(PART_NOTES, { prefix: PART_NOTE }))
        yield { ...value, id: sort.slice(PART_NOTE.length) };
    },
    async clear({ partition, id }) {
      const sorts: string[] = [];
      for await (const { sort } of store.scan(partition, { prefix: `${PART}${id}/` })) sorts.push(sort);
      await inParallel(sorts, WIDTH, (sort) => store.delete(partition, sort));
      await forget(id);
    },
  };
}

const partKeys = ({ id, count }: Parts): string[] =>
  Array.from({ length: count }, (_, index) => partKey(id, index));
