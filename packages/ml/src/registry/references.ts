import type { Store } from "@attune/core/ports";
import { sortedColumns } from "../monitoring/sorted-columns.js";
import { createBlobs } from "./blobs.js";
import type { ModelVersion } from "./types.js";

/** Of fewer rows nothing is kept: drift cannot be told by them, and of a few the values alone say whose they are. */
const FEWEST = 100;

/** A version as it lies in the store. */
export interface StoredVersion {
  version: ModelVersion;
  /** How many values of each input drift is told by. */
  referenceRows: number;
  /** 2: columns are kept; not there: rows were. */
  format?: 2;
}

/** What drift is told by: of each input the values that a version was trained on, and no row of anybody. */
export interface References {
  /** Keeps the values of rows, n × columns, row-major, each column sorted by itself; how many of each, 0 where there are too few. */
  keep(under: string, rows: ArrayLike<number>, columns: number): Promise<number>;
  /** n × inputs, row-major, each column sorted by itself; null where none were kept. */
  read(name: string, version: string): Promise<Float64Array | null>;
  /** Makes columns of rows that were kept once; how many records were removed. */
  forgetRows(): Promise<number>;
}

/** References of the versions in a site's partition, in `q/{name}/{version}/`; those of before, in `r/`, are whole rows. */
export function createReferences(store: Store, partition: string): References {
  const blobs = createBlobs(store, partition);

  async function keep(under: string, rows: ArrayLike<number>, columns: number): Promise<number> {
    const count = columns === 0 ? 0 : rows.length / columns;
    if (count < FEWEST) return 0;
    const kept = Float32Array.from(sortedColumns({ data: Float64Array.from(rows), columns }));
    await blobs.write(`q/${under}/`, new Uint8Array(kept.buffer));
    return count;
  }

  async function read(name: string, version: string): Promise<Float64Array | null> {
    const known = (await store.get<StoredVersion>(partition, `v/${name}/${version}`))?.value ?? null;
    if (known === null || known.referenceRows === 0) return null;
    const columns = known.version.inputs.length;
    const prefix = known.format === 2 ? "q" : "r";
    const bytes = await blobs.read(`${prefix}/${name}/${version}/`, known.referenceRows * columns * 4);
    if (bytes === null) return null;
    const data = Float64Array.from(new Float32Array(bytes.buffer));
    return known.format === 2 ? data : sortedColumns({ data, columns });
  }

  // Columns first, then what says that they are there, then the rows go: cut off anywhere in between it is done anew.
  async function forgetRows(): Promise<number> {
    const sorts: string[] = [];
    for await (const { sort } of store.scan(partition, { prefix: "r/" })) sorts.push(sort);
    const unders = new Set(sorts.map((sort) => sort.slice("r/".length, sort.lastIndexOf("/"))));
    for (const under of unders) {
      const found = await store.get<StoredVersion>(partition, `v/${under}`);
      if (found === null || found.value.format === 2) continue;
      const { version } = found.value;
      const rows = await read(version.name, version.version);
      const referenceRows = await keep(under, rows ?? [], version.inputs.length);
      const value: StoredVersion = { version, referenceRows, format: 2 };
      await store.put(partition, `v/${under}`, value, { ifVersion: found.version });
    }
    for (const sort of sorts) await store.delete(partition, sort);
    return sorts.length;
  }

  return { keep, read, forgetRows };
}
