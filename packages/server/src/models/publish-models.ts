import { AttuneError, type Issue, type ModelReference, type Ruleset } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import { type ModelRecord, modelReference, type ModelRegistry, type ModelVersion } from "@attune/ml/registry";

/** How often others may publish a ruleset in between. */
const ATTEMPTS = 8;

/** What the records say of each model: null where nothing of it is in force. */
async function referencesOf(
  registry: ModelRegistry,
  records: readonly ModelRecord[],
): Promise<Map<string, ModelReference | null>> {
  const found = new Map<string, ModelReference | null>();
  for (const record of records) {
    const hashes = [record.champion, record.canary?.version].filter((one) => typeof one === "string");
    const versions = await Promise.all(hashes.map((version) => registry.version(record.name, version)));
    const byHash = new Map<string, ModelVersion>();
    for (const one of versions) if (one !== null) byHash.set(one.version, one);
    found.set(
      record.name,
      modelReference(record, (version) => byHash.get(version) ?? null),
    );
  }
  return found;
}

/** The key of an experiment by which what visitors of a trial come to is counted. */
export const trialKey = (name: string): string => `model:${name}`;

/** The ruleset with the models as they are in force; null where it has them so already. */
export function withModels(
  ruleset: Ruleset,
  references: ReadonlyMap<string, ModelReference | null>,
): Ruleset | null {
  const models: Record<string, ModelReference> = { ...ruleset.models };
  for (const [name, reference] of references)
    if (reference === null) delete models[name];
    else models[name] = reference;
  if (sameJson(models, ruleset.models ?? {})) return null;
  const { models: _, ...rest } = ruleset;
  return {
    ...rest,
    revision: ruleset.revision + 1,
    ...(Object.keys(models).length > 0 && { models }),
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
 * completes what was cut off. False: no ruleset is published, so there is nothing that a model could be named in.
 *
 * @throws AttuneError `ATTUNE_SERVER_MODELS_RULESET` with what is wrong, where the ruleset is not taken.
 */
export async function publishModels(
  service: Pick<PersonalizationService, "ruleset" | "loadRuleset">,
  registry: ModelRegistry,
  { site, actor = "system" }: { site: string; actor?: string },
): Promise<boolean> {
  for (let n = 0; n < ATTEMPTS; n++) {
    const compiled = await service.ruleset(site);
    if (compiled === null) return false;
    const next = withModels(compiled.ruleset, await referencesOf(registry, await registry.list()));
    if (next === null) return true;
    const { version } = compiled;
    const loaded = await service.loadRuleset(next, { site, actor, over: (present) => present === version });
    if (loaded.ok) return true;
    if (!loaded.error.some(({ code }) => MOVED.includes(code))) throw refused(loaded.error);
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
