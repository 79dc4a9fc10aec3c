import type { Decision } from "../../decisions/types.js";
import type { Attune } from "../../engine/types.js";
import { createReading } from "./reading.js";
import type { Change } from "./view-transition.js";

/** When what a slot shows is replaced: `safe` waits while it is being read, `at-once` does not. */
export type Updates = "safe" | "at-once";

/** What stands in the page for a slot. */
export interface Shown<V> {
  decision: Decision<V>;
  /** It is not known yet what to show, and the host has something for that time. */
  pending: boolean;
}

/** What one element shows of a slot, as a store. */
export interface SteadySlot<V> {
  current(): Shown<V>;
  /** What a server has rendered: asked for where its HTML is taken over, and stands there until whoever takes it over subscribes. */
  initial(): Shown<V>;
  subscribe(listener: () => void): () => void;
  attach(element: Element | null): void;
}

export interface SteadySlotOptions {
  attune: Attune;
  slot: string;
  updates: Updates;
  /** Whether the host has something to show for as long as it is not known what to show. */
  hasPending: boolean;
  transition(change: Change): void;
}

const isSame = <V>(a: Decision<V>, b: Decision<V>): boolean => {
  const keys = Object.keys(a) as (keyof Decision<V>)[];
  return a === b || (keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key])));
};

/** Shows what is decided, but does not replace it while somebody reads it; what is replaced in sight is so in a transition. */
export function createSteadySlot<V>({
  attune,
  slot,
  updates,
  hasPending,
  transition,
}: SteadySlotOptions): SteadySlot<V> {
  const reading = createReading();
  const first: Shown<V> = {
    decision: attune.initialDecision(slot),
    pending: hasPending && !attune.initiallySettled(slot),
  };
  let shown = first;
  let listener: (() => void) | null = null;
  let changing = false;
  /** What a server wrote stands there, and nobody has looked yet whether it still holds. */
  let isHydrated = false;
  /** Of what is shown: whether it was more than a stopgap, and whose it was. */
  let settled = attune.initiallySettled(slot);
  let who: string | null = null;

  const latest = (): Shown<V> => ({
    decision: attune.decide(slot),
    pending: hasPending && !attune.settled(slot),
  });
  const equal = (next: Shown<V>): boolean =>
    next.pending === shown.pending && isSame(next.decision, shown.decision);
  const take = (next: Shown<V>): void => {
    if (!equal(next)) shown = next;
    settled = attune.settled(slot);
    who = attune.visitor()?.id ?? null;
  };
  const mustWait = ({ reason }: Decision<V>): boolean => {
    // What stood there was a stopgap, or somebody else's.
    if (!settled || (who !== null && who !== attune.visitor()?.id)) return false;
    // What is no longer allowed goes at once; what a tool tries out comes and goes as the tool says.
    if (updates === "at-once" || reason === "consent") return false;
    if (reason === "override" || shown.decision.reason === "override") return false;
    return reading.goesOn();
  };
  const check = (): void => {
    const next = latest();
    if (equal(next)) return take(next);
    if (changing || mustWait(next.decision)) return;
    changing = true;
    transition({
      boxes: reading.inSight,
      apply() {
        changing = false;
        take(latest());
        reading.renewed();
        listener?.();
      },
    });
  };

  return {
    current() {
      // Nobody reads it yet, so it simply is what is decided.
      if (listener === null && !isHydrated) take(latest());
      return shown;
    },
    initial() {
      isHydrated = true;
      return first;
    },
    subscribe(next) {
      listener = next;
      isHydrated = false;
      const ends = [attune.subscribe(check), reading.subscribe(check)];
      check();
      return () => {
        listener = null;
        for (const end of ends) end();
      };
    },
    attach: (element) => reading.attach(element, isHydrated),
  };
}
