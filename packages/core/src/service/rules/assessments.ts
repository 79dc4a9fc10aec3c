import { PURPOSES, type Purpose } from "../../consent/types.js";
import type { Memberships } from "../../segments/types.js";
import { initialState } from "../../state/index.js";
import { type CacheCounts, count, noCounts, snapshot } from "../cache/cache-counts.js";
import type { KnownVisitor } from "../cache/known-visitor.js";
import type { Evaluate } from "../fold/fold-visitor.js";

/** Segments by state: worked out once for all decisions about a visitor until something of it changes. */
export interface Assessments {
  of(known: KnownVisitor, rules: Rules, purposes: readonly Purpose[]): Memberships;
  /** The fold has worked them out for the state that it wrote: evaluating the same state again changes nothing. */
  note(known: KnownVisitor, rules: Rules, purposes: readonly Purpose[]): void;
  counts(): CacheCounts;
}

/** A site's, by identity: newer ones are another object. */
interface Rules {
  evaluate: Evaluate;
}

interface Assessed {
  rules: Rules;
  purposes: string;
  segments: Memberships;
}

const NOTHING: Memberships = {};

/** In one order, whoever lists them. */
const keyOf = (purposes: readonly Purpose[]): string =>
  PURPOSES.filter((purpose) => purpose !== "necessary" && purposes.includes(purpose)).join();

/** What is assessed is let go of together with what is known of the visitor. */
export function createAssessments(): Assessments {
  const assessed = new WeakMap<KnownVisitor, Assessed>();
  const counts = noCounts();
  return {
    of(known, rules, purposes) {
      const before = assessed.get(known);
      const granted = keyOf(purposes);
      if (before !== undefined && before.rules === rules && before.purposes === granted) {
        count(counts, "hit");
        return before.segments;
      }
      count(counts, before === undefined ? "compulsory" : "invalidated");
      const { record, traits } = known;
      const segments = rules.evaluate(
        record?.state ?? initialState(),
        record?.segments ?? NOTHING,
        traits ?? {},
        purposes,
      );
      assessed.set(known, { rules, purposes: granted, segments });
      return segments;
    },
    note(known, rules, purposes) {
      const { segments } = known.record ?? {};
      if (segments !== undefined) assessed.set(known, { rules, purposes: keyOf(purposes), segments });
    },
    counts: () => snapshot(counts),
  };
}
