import { AttuneError, type Clock, type Issue, type JsonValue, type Result } from "@attune/core";
import type { Store } from "@attune/core/ports";
import { requireFairTarget } from "../model/protected-target.js";
import { createBlobs } from "./blobs.js";
import { contentHash } from "./model-bytes.js";
import { createReferences, type StoredVersion } from "./references.js";
import { newModel, stepModel } from "./step-model.js";
import type { ModelAction, ModelRecord, ModelVersion, NewModelVersion } from "./types.js";

/** How often a change is tried that others overtake. */
const ATTEMPTS = 12;
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/*
 * Where things are, in the partition {site}/models:
 *   m/{name}                       what is in force
 *   v/{name}/{version}             one version, written last: where it is there, so is all that belongs to it
 *   card/{name}/{version}          its report card
 *   b/{name}/{version}/{chunk}     its file
 *   q/{name}/{version}/{chunk}     of each input the values that it was trained on, in their order, as float32: each column by itself, so that nothing tells which belonged together
 *   r/{name}/{version}/{chunk}     whole rows, as they were kept once: `forgetRows` makes columns of them
 */
export const modelsPartition = (site: string): string => `${site}/models`;

export interface RegistryOptions {
  /** Default `default`. */
  site?: string;
  clock: Clock;
}

/** Models of a site: their versions, and which of them are in force. */
export interface ModelRegistry {
  /**
   * Keeps a version. The same file again is the version that is there already: nothing is changed, whatever is said of it this time.
   *
   * @throws AttuneError `ATTUNE_MODEL_NAME`, `ATTUNE_MODEL_PROTECTED` where name or outputs say that it tells a protected attribute of people, `ATTUNE_MODEL_EMPTY`, `ATTUNE_MODEL_REFERENCE`.
   */
  add(given: NewModelVersion): Promise<ModelVersion>;
  version(name: string, version: string): Promise<ModelVersion | null>;
  /** The newest first. */
  versions(name: string): Promise<ModelVersion[]>;
  /**
   * Its file, checked against its hash; null where there is no such version.
   *
   * @throws AttuneError `ATTUNE_MODEL_CORRUPT` where what is stored is not what was kept.
   */
  bytes(name: string, version: string): Promise<Uint8Array<ArrayBuffer> | null>;
  card(name: string, version: string): Promise<JsonValue | null>;
  /**
   * Of each input the values that it was trained on, n × inputs, row-major, each column sorted by itself: what `featureDrift` needs, and no row of anybody. Null where none were kept, as of fewer than 100 rows.
   */
  reference(name: string, version: string): Promise<Float64Array | null>;
  /**
   * Makes columns of rows that an older version of this package has kept, and removes what is left of a version that was cut off while it was added. Where there are none it only looks.
   *
   * @returns Records that were removed.
   */
  forgetRows(): Promise<number>;
  /** What is in force; null where nothing is known by that name. */
  get(name: string): Promise<ModelRecord | null>;
  /** In the order of their names. */
  list(): Promise<ModelRecord[]>;
  /**
   * Promotes, tries out or rolls back.
   *
   * @returns The new record, or the issues of `stepModel`; `ATTUNE_MODEL_UNKNOWN` where there is no such model.
   * @throws AttuneError `ATTUNE_MODEL_CONTENTION` where others keep changing it.
   */
  act(name: string, action: ModelAction, actor?: string): Promise<Result<ModelRecord, Issue[]>>;
}

function requireUsable({ name, bytes, inputs, outputs, reference }: NewModelVersion): void {
  if (!NAME.test(name) || name.length > 64)
    throw new AttuneError(
      "ATTUNE_MODEL_NAME",
      "A model is named in kebab-case with at most 64 characters, as in conversion-soon.",
      { path: "/name" },
    );
  requireFairTarget([["/name", name], ...outputs.map((output, i) => [`/outputs/${i}`, output] as const)]);
  if (bytes.length === 0)
    throw new AttuneError("ATTUNE_MODEL_EMPTY", "The model file has no content.", { path: "/bytes" });
  if (reference !== undefined && (inputs.length === 0 || reference.length % inputs.length !== 0))
    throw new AttuneError(
      "ATTUNE_MODEL_REFERENCE",
      "The reference needs whole rows of one number per input.",
      {
        path: "/reference",
      },
    );
}

const UNKNOWN: Issue = {
  path: "/name",
  code: "ATTUNE_MODEL_UNKNOWN",
  message: "There is no model of this name: train one, or register its file.",
};

/**
 * Models on a store, the durable one where there are two: versions are named by the hash of their file and never change; what is in force changes by conditional writes, so that of two who
 * act at once the second acts on what the first has made. Files are kept in chunks that every store takes.
 */
export function createModelRegistry(
  store: Store,
  { site = "default", clock }: RegistryOptions,
): ModelRegistry {
  const partition = modelsPartition(site);
  const blobs = createBlobs(store, partition);
  const references = createReferences(store, partition);
  const stored = async (name: string, version: string): Promise<StoredVersion | null> =>
    (await store.get<StoredVersion>(partition, `v/${name}/${version}`))?.value ?? null;

  async function versions(name: string): Promise<ModelVersion[]> {
    const found: ModelVersion[] = [];
    for await (const { value } of store.scan<StoredVersion>(partition, { prefix: `v/${name}/` }))
      found.push(value.version);
    return found.sort((a, b) => b.createdAt - a.createdAt || (a.version < b.version ? -1 : 1));
  }

  /** The record of what is in force, where there is none yet. */
  const keepName = (name: string) => store.put(partition, `m/${name}`, newModel(name), { ifVersion: 0 });

  async function add(given: NewModelVersion): Promise<ModelVersion> {
    requireUsable(given);
    const { name, bytes, card, reference, lineage = {}, metric = null } = given;
    const hash = await contentHash(bytes);
    const under = `${name}/${hash.version}`;
    const known = await stored(name, hash.version);
    if (known !== null) {
      // Older versions of this package wrote it last: where they were cut off, it is missing.
      await keepName(name);
      return known.version;
    }
    await blobs.write(`b/${under}/`, bytes);
    const referenceRows = await references.keep(under, reference ?? new Float64Array(), given.inputs.length);
    if (card !== undefined) await store.put(partition, `card/${under}`, card);
    const version: ModelVersion = {
      ...{ v: 1, name, ...hash, bytes: bytes.length, createdAt: clock.now(), metric },
      ...{ inputs: [...given.inputs], featuresVersion: given.featuresVersion },
      ...{ outputs: [...given.outputs], purposes: [...given.purposes] },
      lineage: { parent: null, trainedOn: null, codeVersion: null, ...lineage },
    };
    const whole: StoredVersion = { version, referenceRows, format: 2 };
    await keepName(name);
    await store.put(partition, `v/${under}`, whole, { ifVersion: 0 });
    return (await stored(name, hash.version))?.version ?? version;
  }

  async function attempt(
    name: string,
    action: ModelAction,
    actor: string,
  ): Promise<Result<ModelRecord, Issue[]> | null> {
    const record = await store.get<ModelRecord>(partition, `m/${name}`);
    if (record === null) return { ok: false, error: [UNKNOWN] };
    const asked = [action.type === "rollback" ? undefined : action.version, record.value.canary?.version];
    const needed = [...asked, record.value.champion].filter((one) => typeof one === "string");
    const found = await Promise.all(needed.map((version) => stored(name, version)));
    const byHash = new Map(
      found.flatMap((one) => (one === null ? [] : [[one.version.version, one.version]])),
    );
    const step = { find: (version: string) => byHash.get(version) ?? null, now: clock.now(), actor };
    const next = stepModel(record.value, action, step);
    if (!next.ok) return next;
    const put = await store.put(partition, `m/${name}`, next.value, { ifVersion: record.version });
    return put.written ? next : null;
  }

  return {
    add,
    versions,
    version: async (name, version) => (await stored(name, version))?.version ?? null,
    async bytes(name, version) {
      const known = await stored(name, version);
      if (known === null) return null;
      const bytes = await blobs.read(`b/${name}/${version}/`, known.version.bytes);
      if (bytes !== null && (await contentHash(bytes)).version === version) return bytes;
      throw new AttuneError(
        "ATTUNE_MODEL_CORRUPT",
        "The stored file of this version is not what was kept: register it again, or roll back to another version.",
      );
    },
    card: async (name, version) =>
      (await store.get<JsonValue>(partition, `card/${name}/${version}`))?.value ?? null,
    reference: references.read,
    forgetRows: references.forgetRows,
    get: async (name) => (await store.get<ModelRecord>(partition, `m/${name}`))?.value ?? null,
    async list() {
      const found: ModelRecord[] = [];
      for await (const { value } of store.scan<ModelRecord>(partition, { prefix: "m/" })) found.push(value);
      return found;
    },
    async act(name, action, actor = "system") {
      for (let n = 0; n < ATTEMPTS; n++) {
        const done = await attempt(name, action, actor);
        if (done !== null) return done;
      }
      throw new AttuneError(
        "ATTUNE_MODEL_CONTENTION",
        "The model kept changing while it was to be changed: read it, and decide anew.",
      );
    },
  };
}
