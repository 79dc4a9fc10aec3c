import {
  AttuneError,
  type ExperimentMeasures,
  type Issue,
  type ModelReference,
  type Ruleset,
} from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import { type ModelRecord, modelReference, type ModelRegistry, type ModelVersion } from "@attune/ml/registry";

/** How often others may publish a ruleset in between. */
const ATTEMPTS = 8;
/** Before the next attempt, ms, and so much more with each: whoever was faster, also a timer of this process, is to be done by then. */
const PAUSE_MS = 20;

/** What is in force of a model, and the metric by which its trial is judged, with the trial's number; each null where there is none. */
export interface InForce {
  reference: ModelReference | null;
  trial: { metric: string; run: number } | null;
}

async function inForce(
  registry: ModelRegistry,
  records: readonly ModelRecord[],
): Promise<Map<string, InForce>> {
  const found = new Map<string, InForce>();
  for (const record of records) {
    const hashes = [record.champion, record.canary?.version].filter((one) => typeof one === "string");
    const versions = await Promise.all(hashes.map((version) => registry.version(record.name, version)));
    const byHash = new Map<string, ModelVersion>();
    for (const one of versions) if (one !== null) byHash.set(one.version, one);
    const { name, canary } = record;
    const metric = canary === null ? null : (byHash.get(canary.version)?.metric ?? null);
    found.set(name, {
      reference: modelReference(record, (version) => byHash.get(version) ?? null),
      trial: canary !== null && metric !== null ? { metric, run: canary.run } : null,
    });
  }
  return found;
}

/** The key of an experiment by which what visitors of a trial come to is counted. */
export const trialKey = (name: string): string => `model:${name}`;

/**
 * The ruleset with the models as they are in force, and an experiment for each trial that is judged by a conversion which the ruleset knows; null where it has them so already.
 */
export function withModels(ruleset: Ruleset, found: ReadonlyMap<string, InForce>): Ruleset | null {
  const models: Record<string, ModelReference> = { ...ruleset.models };
  const experiments: Record<string, ExperimentMeasures> = { ...ruleset.experiments };
  for (const [name, { reference, trial }] of found) {
    if (reference === null) delete models[name];
    else models[name] = reference;
    const isCounted = trial !== null && ruleset.metrics?.[trial.metric]?.type === "conversion";
    if (isCounted) experiments[trialKey(name)] = { primary: trial.metric, run: trial.run };
    else delete experiments[trialKey(name)];
  }
  const isSame = sameJson(models, ruleset.models ?? {}) && sameJson(experiments, ruleset.experiments ?? {});
  if (isSame) return null;
  const { models: _models, experiments: _experiments, ...rest } = ruleset;
  return {
    ...rest,
    revision: ruleset.revision + 1,
    ...(Object.keys(models).length > 0 && { models }),
    ...(Object.keys(experiments).length > 0 && { experiments }),
  };
}

/** By content, whatever the order of the keys. */
function sameJson(a: unknown, b: unknown): boolean {
  const ordered = (value: unknown): string =>
    JSON.stringify(value, (_key, one: unknown) =>
      typeof one === "object" && one !== null && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).sort(([x], [y]) => (x < y ? -1 : 1)))
        : one,
    );
  return ordered(a) === ordered(b);
}

/**
 * Brings the models of a site's ruleset to what the registry says, by publishing another ruleset: pages and servers hear of it as of any other. Does nothing where it is so already, so it
 * completes what was cut off. False: no ruleset is published, so there is nothing that a model could be named in; or, where it is only tried `once`, somebody else was faster, of whose ruleset this process has not heard yet.
 *
 * @throws AttuneError `ATTUNE_SERVER_MODELS_RULESET` with what is wrong, where the ruleset is not taken.
 */
export async function publishModels(
  service: Pick<PersonalizationService, "ruleset" | "loadRuleset">,
  registry: ModelRegistry,
  { site, actor = "system", once = false }: { site: string; actor?: string; once?: boolean },
): Promise<boolean> {
  for (let n = 0; n < ATTEMPTS; n++) {
    const compiled = await service.ruleset(site);
    if (compiled === null) return false;
    const next = withModels(compiled.ruleset, await inForce(registry, await registry.list()));
    if (next === null) return true;
    const { version } = compiled;
    const loaded = await service.loadRuleset(next, { site, actor, over: (present) => present === version });
    if (loaded.ok) return true;
    if (!loaded.error.some(({ code }) => MOVED.includes(code))) throw refused(loaded.error);
    if (once) return false;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (n + 1)));
  }
  throw new AttuneError(
    "ATTUNE_SERVER_MODELS_RULESET",
    "The ruleset kept changing while the models were to be named in it; that is tried again within seconds.",
  );
}

const MOVED: readonly string[] = ["ATTUNE_SERVICE_RULESET_CHANGED", "ATTUNE_SERVICE_RULESET_NOT_NEWER"];

const refused = ([first]: readonly Issue[]): AttuneError =>
  new AttuneError(
    "ATTUNE_SERVER_MODELS_RULESET",
    `The ruleset was not taken with the models that are in force${first ? `, at ${first.path}: ${first.message}` : ""}.`,
    first ? { path: first.path } : {},
  );
