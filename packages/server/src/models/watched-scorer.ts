import { isAttuneError } from "@attune/core";
import type { Scorer } from "@attune/core";
import type { Scored } from "./evidence-counter.js";

/** Rows of which some output is no number in [0, 1]. */
function notFiniteRows(scores: Float64Array, outputs: number): number {
  let rows = 0;
  for (let at = 0; at < scores.length; at += outputs) {
    let isBad = false;
    for (let i = at; i < at + outputs; i++) {
      const score = scores[i] as number;
      isBad ||= !(score >= 0 && score <= 1);
    }
    if (isBad) rows += 1;
  }
  return rows;
}

/** Who watches, and under which name. */
interface Watching {
  name: string;
  version: string;
  told(scored: Scored): void;
  saw?(rows: Float64Array): void;
}

/** Tells of each call how it went, and of what was asked. Answers and failures are passed on as they are. */
export function watchedScorer(scorer: Scorer, { name, version, told, saw }: Watching): Scorer {
  const { inputs, outputs } = scorer;
  const done = (scores: Float64Array, rows: number, began: number): Float64Array => {
    // An answer of another shape is none.
    const fits = scores.length === rows * outputs.length;
    told({
      ...{ rows, errors: fits ? 0 : rows, ms: performance.now() - began },
      notFinite: fits ? notFiniteRows(scores, outputs.length) : 0,
    });
    return scores;
  };
  const failed = (rows: number, began: number, error: unknown): void => {
    // Scorers that look at their own answers give none in place of one that is no score.
    const isNoScore = isAttuneError(error) && error.code === "ATTUNE_ML_ONNX_NOT_A_SCORE";
    const ms = performance.now() - began;
    told({ rows, errors: isNoScore ? 0 : rows, notFinite: isNoScore ? rows : 0, ms });
  };
  return {
    ...{ name, version, inputs, outputs },
    ...{ featuresVersion: scorer.featuresVersion, purposes: scorer.purposes },
    score(rows) {
      const count = inputs.length === 0 ? 0 : rows.length / inputs.length;
      const began = performance.now();
      saw?.(rows);
      try {
        const scores = scorer.score(rows);
        if (scores instanceof Float64Array) return done(scores, count, began);
        return scores.then(
          (later) => done(later, count, began),
          (error: unknown) => {
            failed(count, began, error);
            throw error;
          },
        );
      } catch (error) {
        failed(count, began, error);
        throw error;
      }
    },
    close: () => scorer.close?.(),
  };
}
