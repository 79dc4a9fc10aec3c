import type { Snapshot } from "@attune/core";
import { useMemo } from "react";
import { shallowEqual, useSlice } from "./use-slice.js";

/** What is known of the visitor's behaviour: every feature by name, and the scores in [0, 1] with what made them. */
export type Signals = Pick<Snapshot, "features" | "scores" | "modelScores">;

/**
 * The visitor's features and scores, which change with nearly every event. A component that needs one of them passes a selector and
 * renders again only when that one changes: `useSignals((s) => s.scores.intent.value > 0.6)`.
 */
export function useSignals(): Signals;
export function useSignals<T>(select: (signals: Signals) => T): T;
export function useSignals(select: (signals: Signals) => unknown = pick): unknown {
  // Once per snapshot: a selector that makes nested objects would otherwise give React another value each time it looks.
  const selected = useMemo(() => {
    let of: Snapshot | null = null;
    let value: unknown;
    return (snapshot: Snapshot): unknown => {
      if (of !== snapshot) {
        of = snapshot;
        value = select(snapshot);
      }
      return value;
    };
  }, [select]);
  return useSlice(
    (attune) => selected(attune.snapshot()),
    (attune) => selected(attune.initialSnapshot()),
    shallowEqual,
  );
}

const pick = ({ features, scores, modelScores }: Signals): Signals => ({ features, scores, modelScores });
