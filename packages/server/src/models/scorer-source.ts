import { AttuneError } from "@attune/core";
import type { ModelFile, ModelReference } from "@attune/core";
import type { Scorer, ScorerDescription } from "@attune/core";
import type { Counted, Scored } from "./evidence-counter.js";
import { createLiveRows, type LiveRows } from "./live-rows.js";
import { watchedScorer } from "./watched-scorer.js";

/** A version that could not be loaded is tried again after this, ms. */
const RETRY_MS = 10_000;
/** A version that nobody has asked for in this time is closed, ms: long after the last call that it answers. */
const IDLE_MS = 600_000;

/** Makes a scorer of a model's file. */
export type LoadModel = (bytes: Uint8Array, model: ScorerDescription) => Promise<Scorer>;

export interface SourceOptions {
  /** The file of a version; null where it is not known here. */
  bytes(site: string, name: string, version: string): Promise<Uint8Array | null>;
  load: LoadModel;
  count(of: Counted, scored: Scored): void;
  countKeys(of: Counted, keys: readonly string[]): void;
  now(): number;
  report(error: unknown): void;
}

interface Loaded {
  scorer: Scorer | null;
  /** The same, of which nothing is counted: for visitors who have everybody's version whatever is on trial. */
  quiet: Scorer | null;
  loading: Promise<void> | null;
  failedAt: number | null;
  askedAt: number;
}

interface Model {
  inputs: readonly string[];
  versions: Map<string, Loaded>;
  /** The last one that has answered for everybody. */
  champion: Scorer | null;
  live: LiveRows;
}

/** A model as a ruleset names it. */
type Named = ModelReference & { readonly name: string };

/** What is asked for: a site's model, as its ruleset has it, and the file of one of its versions. */
interface Asked {
  site: string;
  model: Named;
  file: ModelFile;
}

/** Scorers from memory; what is not there is being loaded when it was asked for. */
export interface ScorerSource {
  /** The scorer of the version asked for; null while it is being loaded, or cannot be. Nothing is counted of what takes no part in a trial. */
  scorer(site: string, model: Named, file: ModelFile, takesPart?: boolean): Scorer | null;
  /** What the visitors are chosen by whom a version was asked about. */
  asked(site: string, of: { name: string; version: string }, keys: readonly string[]): void;
  /** Resolves when the version is there, or could not be loaded. */
  ready(site: string, model: Named, file: ModelFile): Promise<void>;
  /** The latest rows that the model was asked about; null where it never was. */
  live(site: string, name: string): LiveRows | null;
  /** Closes what nobody asks for any more. */
  prune(): void;
  close(): void;
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);

/**
 * Loads versions as they are asked for, each once, and counts how they do. Null while one is not there: the service then asks the one that has answered before it, so that a switch drops nobody. A version that cannot
 * be loaded counts as one that fails.
 */
export function createScorerSource(options: SourceOptions): ScorerSource {
  const { bytes, load, count, countKeys, now, report } = options;
  const models = new Map<string, Model>();

  function modelOf({ site, model }: Asked): Model {
    const key = `${site}/${model.name}`;
    const known = models.get(key);
    if (known !== undefined && sameList(known.inputs, model.inputs)) return known;
    const { inputs } = model;
    const live = createLiveRows(inputs.length);
    const made = {
      inputs,
      live,
      versions: known?.versions ?? new Map<string, Loaded>(),
      champion: known?.champion ?? null,
    };
    models.set(key, made);
    return made;
  }

  async function open({ site, model, file }: Asked): Promise<Pick<Loaded, "scorer" | "quiet">> {
    const { version } = file;
    const { name } = model;
    const found = await bytes(site, name, version);
    if (found === null)
      throw new AttuneError(
        "ATTUNE_SERVER_MODEL_FILE",
        `The ruleset names a version of the model ${name} whose file is not kept here: register it, or leave the model out of the ruleset.`,
      );
    const { inputs, featuresVersion, outputs, purposes } = model;
    const description = { name, version, inputs, featuresVersion, outputs, purposes };
    const scorer = await load(found, description);
    // What names it is the hash of its file, whatever it calls itself.
    const watching = {
      ...{ name, version },
      saw: (rows: Float64Array) => modelOf({ site, model, file }).live.add(rows),
    };
    return {
      scorer: watchedScorer(scorer, {
        ...watching,
        told: (scored) => count({ site, name, version }, scored),
      }),
      quiet: watchedScorer(scorer, { ...watching, told: () => undefined }),
    };
  }

  function begin(asked: Asked, entry: Loaded): Promise<void> {
    const work = open(asked).then(
      ({ scorer, quiet }) => {
        entry.scorer = scorer;
        entry.quiet = quiet;
        entry.failedAt = null;
      },
      (error: unknown) => {
        entry.failedAt = now();
        report(error);
      },
    );
    entry.loading = work.finally(() => {
      entry.loading = null;
    });
    return entry.loading;
  }

  /** It is a host's: one that fails at it keeps nobody from closing the others, nor from judging. */
  function closeOne(scorer: Scorer | null): void {
    try {
      scorer?.close?.();
    } catch (error) {
      report(error);
    }
  }

  function entryOf(asked: Asked): { held: Model; entry: Loaded } {
    const held = modelOf(asked);
    const known = held.versions.get(asked.file.version);
    const entry = known ?? { scorer: null, quiet: null, loading: null, failedAt: null, askedAt: 0 };
    if (known === undefined) held.versions.set(asked.file.version, entry);
    entry.askedAt = now();
    const mayTry = entry.failedAt === null || Math.abs(now() - entry.failedAt) >= RETRY_MS;
    if (entry.scorer === null && entry.loading === null && mayTry) void begin(asked, entry);
    return { held, entry };
  }

  return {
    scorer(site, model, file, takesPart = true) {
      const { held, entry } = entryOf({ site, model, file });
      if (entry.scorer !== null) {
        if (file.version === model.version) held.champion = entry.scorer;
        return takesPart ? entry.scorer : entry.quiet;
      }
      // Whoever is on it would have got nothing.
      if (entry.failedAt !== null && takesPart)
        count(
          { site, name: model.name, version: file.version },
          { rows: 1, errors: 1, notFinite: 0, ms: null },
        );
      return null;
    },
    asked(site, { name, version }, keys) {
      countKeys({ site, name, version }, keys);
    },
    async ready(site, model, file) {
      await entryOf({ site, model, file }).entry.loading;
    },
    live: (site, name) => models.get(`${site}/${name}`)?.live ?? null,
    prune() {
      for (const held of models.values())
        for (const [version, { scorer, loading, askedAt }] of held.versions) {
          if (loading !== null || now() - askedAt < IDLE_MS || scorer === held.champion) continue;
          held.versions.delete(version);
          closeOne(scorer);
        }
    },
    close() {
      for (const { versions } of models.values())
        for (const { scorer } of versions.values()) closeOne(scorer);
      models.clear();
    },
  };
}
