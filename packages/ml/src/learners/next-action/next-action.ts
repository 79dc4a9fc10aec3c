import { AttuneError } from "@attune/core";
import { requireInput } from "../require-input.js";
import { ActionMemory } from "./action-memory.js";
import { type BlendState, blendShares, learnBlend, newBlend } from "./blend-weights.js";
import { requireNextActionJson } from "./check-json.js";
import { contextKeys, contextKinds, type History } from "./context-keys.js";
import { Followers } from "./followers.js";
import { mostProbable } from "./most-probable.js";
import type {
  Action,
  ContextKind,
  NextActionJson,
  NextActionModel,
  NextActionOptions,
  NextActionSummary,
  PredictedAction,
} from "./types.js";
import { wittenBellShares } from "./witten-bell.js";

const RECENT = 16;
const RECENT_FADES = 0.7;

/** How specific a context is, which is what the blend starts from. */
const specificity = (kind: ContextKind): number =>
  kind.kind === "order" ? 0.7 * kind.order : kind.kind === "whole" ? 1.4 : 0.7;

function checkedOptions(options: NextActionOptions): Required<NextActionOptions> {
  const { order = 3, blend = "learned", halfLife = null } = options;
  const { maxTransitions = 1_000_000, width = 32 } = options;
  const isCount = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  requireInput(isCount(order, 0, 8), "/options/order", "Give an integer from 0 to 8.");
  requireInput(
    blend === "learned" || blend === "witten-bell",
    "/options/blend",
    'Give "learned" or "witten-bell".',
  );
  requireInput(
    halfLife === null || (Number.isFinite(halfLife) && halfLife >= 1),
    "/options/halfLife",
    "Give a number of sequences from 1 on, or null.",
  );
  requireInput(isCount(maxTransitions, 100, 2 ** 24), "/options/maxTransitions", "Give 100 to 16,777,216.");
  requireInput(isCount(width, 1, 2 ** 24), "/options/width", "Give an integer of 1 or more.");
  return { order, blend, halfLife, maxTransitions, width };
}

const requireActions = (actions: readonly Action[], path: string): void =>
  actions.forEach((action, i) =>
    requireInput(
      typeof action === "string" && action !== "",
      `${path}/${i}`,
      "Name every action by a string that is not empty.",
    ),
  );

/** What a prediction is made of: contexts with something to say, and the share of each; the last share is the uniform guess's. */
interface Mixture {
  readonly contexts: readonly (Followers | null)[];
  readonly shares: Float64Array;
  readonly places: Int32Array;
}

class NextAction implements NextActionModel {
  private readonly memory: ActionMemory;
  private readonly kinds: readonly ContextKind[];
  private sequences = 0;
  private readonly blend: BlendState;
  private readonly options: Required<NextActionOptions>;

  constructor(options: Required<NextActionOptions>, json?: NextActionJson) {
    this.options = options;
    this.kinds = contextKinds(options.order, options.blend);
    this.memory = new ActionMemory(this.kinds, options.maxTransitions);
    this.blend = newBlend([...this.kinds.map(specificity), 0]);
    if (json !== undefined) this.restore(json);
  }

  private get isLearned(): boolean {
    return this.options.blend === "learned";
  }

  /** The session's own last actions as a context: what was done lately is done again. */
  private recent({ recent }: History): Followers | null {
    const own = new Followers(this.kinds.length);
    for (let back = 1; back <= Math.min(RECENT, recent.length); back++) {
      const action = recent[recent.length - back] as number;
      if (action >= 0) own.add(action, this.memory.scale * RECENT_FADES ** (back - 1));
    }
    return own.actions.length === 0 ? null : own;
  }

  private mixture(history: History, keys = contextKeys(this.kinds, history)): Mixture {
    const contexts = this.memory.known(keys);
    const { scale } = this.memory;
    if (!this.isLearned)
      return { contexts, shares: wittenBellShares(contexts, scale), places: new Int32Array(0) };
    contexts.push(this.recent(history));
    return { contexts, ...blendShares(this.blend, contexts, scale) };
  }

  /** What the blend gives to one action that is known. */
  private mixed({ contexts, shares }: Mixture, action: number, given?: Float64Array): number {
    let sum = (shares[contexts.length] as number) / this.memory.names.size;
    contexts.forEach((context, kind) => {
      if (context === null || context.total === 0) return;
      const own = context.countOf(action) / context.total;
      if (given !== undefined) given[kind] = own;
      sum += (shares[kind] as number) * own;
    });
    return sum;
  }

  private step(history: History, next: Action): void {
    const known = this.memory.numbers.get(next);
    const keys = contextKeys(this.kinds, history);
    if (this.isLearned && known !== undefined) {
      const mixture = this.mixture(history, keys);
      const given = new Float64Array(mixture.contexts.length);
      learnBlend(this.blend, mixture, { given, mixed: this.mixed(mixture, known, given) });
    }
    this.memory.add(keys, this.memory.numberOf(next));
  }

  private begin(): void {
    this.sequences++;
    if (this.options.halfLife !== null) this.memory.fade(2 ** (1 / this.options.halfLife));
  }

  learn(sequence: readonly Action[]): void {
    requireActions(sequence, "/sequence");
    if (sequence.length === 0) return;
    this.begin();
    sequence.forEach((action, i) => this.step(this.memory.historyOf(sequence.slice(0, i)), action));
  }

  observe(history: readonly Action[], next: Action): void {
    requireActions(history, "/history");
    requireActions([next], "/next");
    if (history.length === 0) this.begin();
    this.step(this.memory.historyOf(history), next);
  }

  predict(
    history: readonly Action[],
    { limit = 3, exclude = [] }: { limit?: number; exclude?: readonly Action[] } = {},
  ): PredictedAction[] {
    requireActions(history, "/history");
    requireInput(Number.isInteger(limit) && limit >= 1, "/options/limit", "Give an integer of 1 or more.");
    const { contexts, shares } = this.mixture(this.memory.historyOf(history));
    const unwanted = new Set(exclude.map((action) => this.memory.numbers.get(action)));
    const sums = new Map<number, number>();
    contexts.forEach((context, kind) => {
      if (context === null) return;
      const each = (shares[kind] as number) / context.total;
      const many = Math.min(this.options.width, context.actions.length);
      for (let i = 0; i < many; i++) {
        const action = context.actions[i] as number;
        sums.set(action, (sums.get(action) ?? 0) + each * (context.counts[i] as number));
      }
    });
    const uniform = (shares[contexts.length] as number) / this.memory.names.size;
    return mostProbable(sums, { limit, unwanted, names: this.memory.names }).map(
      ({ action, probability }) => ({
        action,
        probability: probability + uniform,
      }),
    );
  }

  probability(history: readonly Action[], action: Action): number | null {
    requireActions(history, "/history");
    const number = this.memory.numbers.get(action);
    return number === undefined ? null : this.mixed(this.mixture(this.memory.historyOf(history)), number);
  }

  distribution(history: readonly Action[]): PredictedAction[] {
    requireActions(history, "/history");
    const mixture = this.mixture(this.memory.historyOf(history));
    return [...this.memory.numbers]
      .map(([action, number]) => ({ action, probability: this.mixed(mixture, number) }))
      .sort((a, b) => (a.action < b.action ? -1 : 1));
  }

  describe(): NextActionSummary {
    const seen = new Array<number>(this.kinds.length).fill(0);
    for (const { kind } of this.memory.contexts.values()) seen[kind] = (seen[kind] as number) + 1;
    const share = (kind: number): number | null =>
      this.isLearned && (this.blend.spoke[kind] as number) > 0
        ? (this.blend.shares[kind] as number) / (this.blend.spoke[kind] as number)
        : null;
    const recent = { context: { kind: "recent" as const }, seen: 0, share: share(this.kinds.length) };
    return {
      actions: this.memory.names.size,
      sequences: this.sequences,
      transitions: this.memory.transitions,
      pruned: this.memory.pruned,
      contexts: [
        ...this.kinds.map((context, kind) => ({ context, seen: seen[kind] as number, share: share(kind) })),
        ...(this.isLearned ? [recent] : []),
      ],
    };
  }

  toJSON(): NextActionJson {
    const { contexts, names, pruned, scale } = this.memory;
    return {
      format: "attune-next-action",
      version: 1,
      options: this.options,
      sequences: this.sequences,
      pruned,
      actions: [...names].map(([number, name]) => [name, number] as const),
      contexts: [...contexts].map(([key, context]) => [
        context.kind,
        key,
        ...context.actions.flatMap((action, i) => [action, (context.counts[i] as number) / scale]),
      ]),
      blend: structuredClone(this.blend),
    };
  }

  private restore(json: NextActionJson): void {
    const kinds = this.kinds.length;
    const isFitting =
      json.contexts.every(
        ([kind]) => Number.isInteger(kind) && (kind as number) >= 0 && (kind as number) < kinds,
      ) &&
      (["logits", "visits", "shares", "spoke"] as const).every(
        (part) => json.blend[part].length === this.blend[part].length,
      );
    if (!isFitting) {
      throw new AttuneError("ATTUNE_ML_MODEL_FORMAT", "Contexts or blend do not fit the options.", {
        path: "/contexts",
      });
    }
    this.sequences = json.sequences;
    this.memory.pruned = json.pruned;
    for (const [name, number] of json.actions) this.memory.name(name, number);
    for (const [kind, key, ...pairs] of json.contexts) {
      const context = new Followers(kind as number);
      for (let i = 0; i < pairs.length; i += 2) context.add(pairs[i] as number, pairs[i + 1] as number);
      this.memory.contexts.set(key as number, context);
      this.memory.transitions += context.actions.length;
    }
    for (const part of ["logits", "visits", "shares", "spoke"] as const) {
      json.blend[part].forEach((value, i) => (this.blend[part][i] = value));
    }
  }
}

/**
 * Foretells a visitor's next action from what they just did: a Markov model of variable order, in which short and long runs of last actions, and other readings of the session
 * (where it began, how far in it is, what was two steps ago, what was done lately), are blended by what each proved worth so far. It learns as it goes, one step in a few
 * microseconds, within a bound of memory, and keeps no times and no visitors: only how often what came after what.
 *
 * A model that knows nothing predicts nothing. Actions that it never saw are no obstacle in a history: contexts that hold them say nothing, shorter ones do.
 *
 * Blending follows prediction by partial matching (Cleary and Witten 1984) and context mixing (Mahoney 2005), here as a linear mixture with softmax weights by size of a
 * context.
 *
 * @throws AttuneError `ATTUNE_ML_INPUT`
 */
export const nextAction = (options: NextActionOptions = {}): NextActionModel =>
  new NextAction(checkedOptions(options));

/**
 * A model as it was when `toJSON` was called; it predicts and learns on as if it had never been away.
 *
 * @throws AttuneError `ATTUNE_ML_MODEL_FORMAT` for anything that `toJSON` does not make, `ATTUNE_ML_INPUT` for options that do not hold.
 */
export function nextActionFrom(json: NextActionJson): NextActionModel {
  requireNextActionJson(json);
  return new NextAction(checkedOptions(json.options), json);
}
