import type { Purpose } from "../../consent/types.js";
import {
  describe,
  failed,
  fillRow,
  mismatch,
  type ModelScores,
  NO_SCORES,
  noScore,
  readScores,
  unaskable,
} from "../../decisions/model-scores.js";
import { modelVersionFor } from "../../decisions/index.js";
import type { ModelFile, ModelReference } from "../../decisions/types.js";
import type { AttuneError } from "../../kernel/errors.js";
import type { Scorer } from "../../state/scorer.js";
import { features } from "../../state/index.js";
import type { VisitorState } from "../../state/types.js";
import { covers } from "../../segments/assess.js";
import type { NamedModel, ScorerSource } from "../options.js";
import { createScoreCalls } from "./score-calls.js";

/** Whom models are asked about. */
export interface Scored {
  state: VisitorState;
  /** What the versions on trial are chosen by; null where it is not known: then everybody's. */
  key: string | null;
  /** What may be done with what is known of them: models whose purposes are not all among these are not asked. */
  purposes: readonly Purpose[];
}

type Models = Readonly<Record<string, ModelReference>>;

/** What a site's models say of visitors. */
export interface Scoring {
  /** In the order of the visitors. Those that are asked about side by side are one call of each scorer. Never rejects: what fails is reported, and says nothing. */
  fold(site: string, models: Models, visitors: readonly Scored[]): Promise<ModelScores[]>;
  /** Of one visitor, at once; worked out anew only when the state, the purposes or the versions are others. */
  one(site: string, models: Models, visitor: Scored): Promise<ModelScores>;
}

const isStatic = (given: readonly Scorer[] | ScorerSource): given is readonly Scorer[] =>
  Array.isArray(given);

/** Scorers that are there from the start. */
const sourceOf = (given: readonly Scorer[] | ScorerSource): ScorerSource =>
  isStatic(given)
    ? {
        scorer: (_site, { name }, { version }) =>
          given.find((one) => one.name === name && one.version === version) ?? null,
      }
    : given;

export function createScoring(
  given: readonly Scorer[] | ScorerSource,
  report: (error: unknown) => void,
): Scoring {
  const source = sourceOf(given);
  const told = new Set<string>();
  /** What answered last, by site and model: until a version that is new to this process is there, it goes on answering. */
  const last = new Map<string, Scorer>();
  const known = new WeakMap<VisitorState, { by: string; scores: ModelScores }>();

  const tell = (error: AttuneError | null, { name, version }: { name: string; version: string }): boolean => {
    const key = `${name} ${version} ${error?.code}`;
    if (error !== null && !told.has(key)) report(error);
    told.add(key);
    return error !== null;
  };
  const calls = createScoreCalls((scorer, cause) => void tell(failed(scorer, cause), scorer));

  const loaded = (
    site: string,
    model: NamedModel,
    [file, key]: [ModelFile, string | null],
  ): Scorer | null => {
    const wanted = describe(model.name, model, file);
    try {
      const scorer = source.scorer(site, model, file, key !== null);
      return scorer === null || tell(mismatch(scorer, wanted), wanted) ? null : scorer;
    } catch (cause) {
      tell(failed(wanted, cause), wanted);
      return null;
    }
  };
  const tellAsked = (site: string, [name, scorer]: [string, Scorer], keys: readonly string[]): void => {
    try {
      if (keys.length > 0) source.asked?.(site, { name, version: scorer.version }, keys);
    } catch (cause) {
      tell(failed(scorer, cause), scorer);
    }
  };
  /** Whoever answers for a visitor: the visitor's own version, else everybody's, else what answered before. */
  const answering = (
    site: string,
    name: string,
    [model, key]: [ModelReference, string | null],
  ): Scorer | null => {
    if (tell(unaskable(name, model), { name, ...model })) return null;
    const named = { name, ...model };
    const file = modelVersionFor(name, key, model);
    const own = loaded(site, named, [file, key]);
    const found = own ?? (file === model ? null : loaded(site, named, [model, key]));
    const place = `${site} ${name}`;
    if (found === null) return last.get(place) ?? null;
    if (file === model || own === null) last.set(place, found);
    return found;
  };
  /** The scorers that may be asked about a visitor, by model. */
  const askable = (site: string, models: Models, { key, purposes }: Scored): [string, Scorer][] =>
    Object.entries(models).flatMap(([name, model]): [string, Scorer][] => {
      if (!covers(purposes, model.purposes)) return [];
      const scorer = answering(site, name, [model, key]);
      return scorer === null ? [] : [[name, scorer]];
    });

  async function scores(
    site: string,
    models: Models,
    [visitors, merge]: [readonly Scored[], boolean],
  ): Promise<ModelScores[]> {
    const all = visitors.map((): Record<string, ModelScores[string]> => ({}));
    const asked = new Map<Scorer, { name: string; indices: number[] }>();
    visitors.forEach((visitor, index) => {
      for (const [name, scorer] of askable(site, models, visitor)) {
        const group = asked.get(scorer);
        if (group === undefined) asked.set(scorer, { name, indices: [index] });
        else group.indices.push(index);
      }
    });
    const vectors = asked.size === 0 ? [] : visitors.map(({ state }) => features(state));
    await Promise.all(
      Array.from(asked, async ([scorer, { name, indices }]) => {
        const { inputs, outputs } = scorer;
        const rows = new Float64Array(indices.length * inputs.length);
        indices.forEach((index, row) => {
          fillRow(rows, row, [inputs, vectors[index] as ReturnType<typeof features>]);
        });
        const values = await calls.ask(scorer, rows, merge);
        const keys = indices.flatMap((index) => visitors[index]?.key ?? []);
        tellAsked(site, [name, scorer], keys);
        if (values === null) return;
        indices.forEach((index, row) => {
          const said = readScores(values, row, outputs);
          if (said === null) tell(noScore(scorer), scorer);
          else (all[index] as Record<string, ModelScores[string]>)[name] = said;
        });
      }),
    );
    return all.map((one) => (Object.keys(one).length === 0 ? NO_SCORES : one));
  }

  return {
    fold: (site, models, visitors) => scores(site, models, [visitors, true]),
    async one(site, models, visitor) {
      const scorers = askable(site, models, visitor);
      if (scorers.length === 0) return NO_SCORES;
      const by = scorers.map(([name, { version }]) => `${name} ${version}`).join();
      const before = known.get(visitor.state);
      if (before?.by === by) return before.scores;
      const [found = NO_SCORES] = await scores(site, models, [[visitor], false]);
      known.set(visitor.state, { by, scores: found });
      return found;
    },
  };
}
