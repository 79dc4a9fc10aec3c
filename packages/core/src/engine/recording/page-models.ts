import type { ConsentState } from "../../consent/types.js";
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
import { modelKeyOf, modelVersionFor } from "../../decisions/model-version.js";
import type { DecidingRuleset, ModelFile, ModelReference } from "../../decisions/types.js";
import type { AttuneError } from "../../kernel/errors.js";
import type { Scorer, ScorerDescription } from "../../state/scorer.js";
import type { FeatureVector } from "../../state/features.js";
import type { Host } from "../host.js";
import type { ModelLoader } from "../types.js";

export interface PageModelsOptions {
  host: Host;
  load: ModelLoader | undefined;
  consent(): ConsentState;
  ruleset(): DecidingRuleset | null;
  visitorId(): string | null;
  /** What is known of the visitor by models has changed. */
  changed(): void;
}

/** The ruleset's models, as far as consent covers them: loaded one by one behind everything else, and asked whenever the features are read anew. */
export interface PageModels {
  /** Consent, ruleset or visitor may be others: what is not covered any more is closed at once, what is named is loaded. */
  follow(): void;
  /** What is known by now of the visitor with these features; a model that answers later tells by `changed`. The same object while it says the same. */
  of(vector: FeatureVector): ModelScores;
  /** For other features than the visitor's present ones: what the models that answer at once say. */
  at(vector: FeatureVector): ModelScores;
  /** What was said was about somebody else. */
  forget(): void;
  close(): void;
}

type Said = ModelScores[string] | null;

/** One model of the ruleset. */
interface Slot {
  /** The version that is to be asked: loaded, being loaded, or not to be had. */
  wanted: string;
  /** Answers until the wanted one is there. */
  scorer: Scorer | null;
  /** What it said last, and of which features. */
  last: { vector: FeatureVector | null; said: Said };
  /** It answers by promises … */
  later: boolean;
  /** … of which one is awaited, and these features came meanwhile. */
  busy: boolean;
  next: FeatureVector | null;
  /** Rises when the visitor is another: what was asked before is about nobody any more. */
  turn: number;
}

const NOTHING_SAID: Slot["last"] = { vector: null, said: null };

export function createPageModels(options: PageModelsOptions): PageModels {
  const { host, load, consent, ruleset, visitorId, changed } = options;
  const slots = new Map<string, Slot>();
  const told = new Set<string>();
  let followed: readonly unknown[] = [];
  let current = NO_SCORES;
  let closed = false;

  /** Once for each version of a model and each thing that may be wrong with it. */
  const tell = (error: AttuneError | null, { name, version }: { name: string; version: string }): boolean => {
    const key = `${name} ${version} ${error?.code}`;
    if (error && !told.has(key)) host.report(error);
    told.add(key);
    return error !== null;
  };
  const drop = (name: string, slot: Slot): void => {
    slots.delete(name);
    const { scorer } = slot;
    slot.scorer = null;
    host.attempt(() => scorer?.close?.());
  };

  const take = (scorer: Scorer, values: Float64Array): Said => {
    const said = readScores(values, 0, scorer.outputs);
    if (said === null) tell(noScore(scorer), scorer);
    return said;
  };
  /** Null for a promise, whose answer is taken by `then`. */
  const call = (
    scorer: Scorer,
    vector: FeatureVector,
    then?: (said: Said) => void,
  ): { said: Said } | null => {
    const failing = (cause: unknown): Said => {
      // What is closed while it is asked fails, and nobody waits for it.
      if ([...slots.values()].some((slot) => slot.scorer === scorer)) tell(failed(scorer, cause), scorer);
      return null;
    };
    try {
      const row = new Float64Array(scorer.inputs.length);
      fillRow(row, 0, [scorer.inputs, vector]);
      const answer = scorer.score(row);
      if (!("then" in answer)) return { said: take(scorer, answer) };
      void answer
        .then((values) => take(scorer, values))
        .catch(failing)
        .then(then);
      return null;
    } catch (cause) {
      return { said: failing(cause) };
    }
  };
  const request = (slot: Slot, vector: FeatureVector): void => {
    const { scorer, turn } = slot;
    if (!scorer) return;
    if (slot.busy) {
      slot.next = vector;
      return;
    }
    const answer = call(scorer, vector, (said) => {
      if (slot.scorer !== scorer || slot.turn !== turn) return;
      slot.busy = false;
      slot.last = { vector, said };
      const { next } = slot;
      slot.next = null;
      if (next && next !== vector) request(slot, next);
      changed();
    });
    if (answer) slot.last = { vector, ...answer };
    else slot.busy = slot.later = true;
  };
  const said = (pick: (slot: Slot) => Said): ModelScores => {
    const all: Record<string, number | Readonly<Record<string, number>>> = {};
    for (const [name, slot] of slots) {
      const one = pick(slot);
      if (one !== null) all[name] = one;
    }
    return all;
  };

  const fetch = async (
    name: string,
    slot: Slot,
    [model, file]: [ModelReference, ModelFile],
  ): Promise<void> => {
    const wanted: ScorerDescription = describe(name, model, file);
    try {
      const scorer = await (load as ModelLoader)({ ...wanted, url: file.url, integrity: file.integrity });
      const isWanted = slots.get(name) === slot && slot.wanted === file.version;
      if (!isWanted || tell(mismatch(scorer, wanted), wanted))
        return void host.attempt(() => scorer.close?.());
      const before = slot.scorer;
      // Until the new one has said something, what the old one said holds.
      Object.assign(slot, {
        scorer,
        later: false,
        busy: false,
        next: null,
        last: { ...slot.last, vector: null },
      });
      host.attempt(() => before?.close?.());
      changed();
    } catch (cause) {
      if (slots.get(name) === slot) tell(failed(wanted, cause), wanted);
    }
  };

  const forget = (): void => {
    for (const slot of slots.values())
      Object.assign(slot, { last: NOTHING_SAID, busy: false, next: null, turn: slot.turn + 1 });
  };
  return {
    follow() {
      if (!load || closed) return;
      const { models = {} } = ruleset()?.ruleset ?? {};
      const { grants } = consent();
      const id = visitorId();
      if (followed[0] === models && followed[1] === grants && followed[2] === id) return;
      if (followed[2] !== id) forget();
      followed = [models, grants, id];
      const covered = ({ purposes }: ModelReference): boolean => purposes.every((purpose) => grants[purpose]);
      for (const [name, slot] of slots) {
        const model = models[name];
        if (!model || !covered(model) || id === null) drop(name, slot);
      }
      for (const [name, model] of Object.entries(models)) {
        if (!covered(model) || id === null || tell(unaskable(name, model), { name, ...model })) continue;
        const file = modelVersionFor(name, modelKeyOf(id), model);
        const known = slots.get(name);
        if (known?.wanted === file.version) continue;
        const slot: Slot = known ?? {
          ...{ wanted: "", scorer: null, last: NOTHING_SAID, later: false, busy: false, next: null, turn: 0 },
        };
        slots.set(name, slot);
        slot.wanted = file.version;
        // One that is loaded already is asked again, as when a trial has ended before its file was there.
        if (slot.scorer?.version !== file.version) void fetch(name, slot, [model, file]);
      }
    },
    of(vector) {
      const now = said((slot) => {
        if (slot.last.vector !== vector) request(slot, vector);
        return slot.last.said;
      });
      if (JSON.stringify(now) !== JSON.stringify(current)) current = now;
      return current;
    },
    at: (vector) =>
      said((slot) => {
        if (!slot.scorer || slot.later) return null;
        const answer = call(slot.scorer, vector);
        slot.later = !answer;
        return answer?.said ?? null;
      }),
    forget,
    close() {
      closed = true;
      for (const [name, slot] of slots) drop(name, slot);
    },
  };
}
