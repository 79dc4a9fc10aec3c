import { PURPOSES, type Purpose } from "../../consent/types.js";
import { type ModelScores, NO_SCORES } from "../../decisions/model-scores.js";
import type { Memberships } from "../../segments/types.js";
import { initialState } from "../../state/index.js";
import { type CacheCounts, count, noCounts, snapshot } from "../cache/cache-counts.js";
import type { KnownVisitor } from "../cache/known-visitor.js";
import type { Evaluate } from "../fold/fold-visitor.js";

/** Segments by state: worked out once for all decisions about a visitor until something of it changes. */
export interface Assessments {
  of(known: KnownVisitor, rules: Rules, under: Under): Memberships;
  /** The fold has worked them out for the state that it wrote: evaluating the same state again changes nothing. */
  note(known: KnownVisitor, rules: Rules, purposes: readonly Purpose[]): void;
  counts(): CacheCounts;
}

/** What an assessment goes by beside the state and the rules. */
export interface Under {
  purposes: readonly Purpose[];
  /** What models say of the state. */
  scores?: ModelScores | undefined;
}

/** A site's, by identity: newer ones are another object. */
interface Rules {
  evaluate: Evaluate;
}

interface Assessed {
  rules: Rules;
  purposes: string;
  scores: string;
  segments: Memberships;
}

const NOTHING: Memberships = {};

/** In one order, whoever lists them. */
const keyOf = (purposes: readonly Purpose[]): string =>
  PURPOSES.filter((purpose) => purpose !== "necessary" && purposes.includes(purpose)).join();

const textOf = (scores: ModelScores | undefined): string => JSON.stringify(scores ?? NO_SCORES);

/** What is assessed is let go of together with what is known of the visitor. */
export function createAssessments(): Assessments {
  const assessed = new WeakMap<KnownVisitor, Assessed>();
  const counts = noCounts();
  return {
    of(known, rules, { purposes, scores }) {
      const before = assessed.get(known);
      const granted = keyOf(purposes);
      const said = textOf(scores);
      if (before?.rules === rules && before.purposes === granted && before.scores === said) {
        count(counts, "hit");
        return before.segments;
      }
      count(counts, before === undefined ? "compulsory" : "invalidated");
      const { record, traits } = known;
      const segments = rules.evaluate({
        state: record?.state ?? initialState(),
        previous: record?.segments ?? NOTHING,
        traits: traits ?? {},
        ...{ purposes, scores },
      });
      assessed.set(known, { rules, purposes: granted, scores: said, segments });
      return segments;
    },
    note(known, rules, purposes) {
      const { segments } = known.record ?? {};
      if (segments !== undefined)
        assessed.set(known, { rules, purposes: keyOf(purposes), scores: textOf(undefined), segments });
    },
    counts: () => snapshot(counts),
  };
}
