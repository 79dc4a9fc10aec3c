import { contextKeys, type History, MOST_HISTORY } from "./context-keys.js";
import { Followers } from "./followers.js";
import type { Action, ContextKind } from "./types.js";

/** Counts are brought back to size when one of today would count more than this. */
const LARGEST_SCALE = 2 ** 40;

/**
 * Which actions came after which contexts, with names as numbers, within a bound. What one sighting counts grows with time instead of all that is known shrinking (`scale`).
 */
export class ActionMemory {
  readonly contexts = new Map<number, Followers>();
  readonly names = new Map<number, Action>();
  readonly numbers = new Map<Action, number>();
  transitions = 0;
  pruned = 0;
  scale = 1;
  private next = 0;

  constructor(
    readonly kinds: readonly ContextKind[],
    private readonly most: number,
  ) {}

  /** A new name gets a number that was never used before, so that no old context can be mistaken for a new one. */
  numberOf(action: Action): number {
    const known = this.numbers.get(action);
    if (known !== undefined) return known;
    this.name(action, this.next);
    return this.next - 1;
  }

  name(action: Action, number: number): void {
    this.numbers.set(action, number);
    this.names.set(number, action);
    this.next = Math.max(this.next, number + 1);
  }

  historyOf(actions: readonly Action[]): History {
    const number = (action: Action | undefined): number =>
      action === undefined ? -1 : (this.numbers.get(action) ?? -1);
    return {
      recent: actions.slice(-MOST_HISTORY).map(number),
      first: number(actions[0]),
      length: actions.length,
    };
  }

  /** The contexts a history stands in that are known; null for those that are not. */
  known(keys: readonly number[]): (Followers | null)[] {
    return keys.map((key) => (key < 0 ? null : (this.contexts.get(key) ?? null)));
  }

  /** @param keys Of the contexts that it came after. */
  add(keys: readonly number[], action: number): void {
    keys.forEach((key, kind) => {
      if (key < 0) return;
      let context = this.contexts.get(key);
      if (context === undefined) {
        context = new Followers(kind);
        this.contexts.set(key, context);
      }
      if (context.add(action, this.scale)) this.transitions++;
    });
    if (this.transitions > this.most) this.prune();
  }

  /** Lets one sighting of now on count `factor` times what it counted, which makes all before it fade. */
  fade(factor: number): void {
    this.scale *= factor;
    if (this.scale < LARGEST_SCALE) return;
    for (const context of this.contexts.values()) context.scale(1 / this.scale);
    this.scale = 1;
  }

  /**
   * Forgets the rarest pairs until three quarters of the bound are left. An action was seen nowhere more often than in all (order 0), so one that is forgotten there is
   * forgotten everywhere, name and all.
   */
  private prune(): void {
    this.pruned++;
    for (let least = this.scale / 16; this.transitions > 0.75 * this.most; least *= 2) {
      for (const [key, context] of this.contexts) {
        this.transitions -= context.prune(least);
        if (context.actions.length === 0) this.contexts.delete(key);
      }
    }
    const [everything] = contextKeys(this.kinds, { recent: [], first: -1, length: 0 });
    const left = new Set(this.contexts.get(everything as number)?.actions);
    for (const [number, name] of this.names) {
      if (left.has(number)) continue;
      this.names.delete(number);
      this.numbers.delete(name);
    }
  }
}
