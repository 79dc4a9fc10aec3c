import type { Scorer } from "../../state/scorer.js";
import { sleep } from "../tools/platform.js";

/** Rows in one call at most: a scorer that works in this process would let nobody else have a turn. */
const MAX_ROWS = 4096;

interface Waiting {
  rows: Float64Array;
  done(values: Float64Array | null): void;
}

/** Calls of scorers, many visitors' rows in each. */
export interface ScoreCalls {
  /**
   * What the scorer says of the rows (n × outputs); null where it fails.
   *
   * @param merge Whether it may wait for a turn of the event loop, for what is asked meanwhile.
   */
  ask(scorer: Scorer, rows: Float64Array, merge: boolean): Promise<Float64Array | null>;
}

/** @param onFailure Told why a scorer failed. */
export function createScoreCalls(onFailure: (scorer: Scorer, cause: unknown) => void): ScoreCalls {
  const waiting = new WeakMap<Scorer, Waiting[]>();

  const call = async (scorer: Scorer, rows: Float64Array): Promise<Float64Array | null> => {
    try {
      const values = await scorer.score(rows);
      const wanted = (rows.length / scorer.inputs.length) * scorer.outputs.length;
      if (values.length === wanted) return values;
      throw new RangeError(`It gave ${values.length} values in place of ${wanted}.`);
    } catch (cause) {
      onFailure(scorer, cause);
      return null;
    }
  };
  const flush = async (scorer: Scorer): Promise<void> => {
    await sleep(0);
    const list = waiting.get(scorer) ?? [];
    waiting.delete(scorer);
    for (let from = 0; from < list.length; ) {
      const group: Waiting[] = [];
      let length = 0;
      do {
        const one = list[from++] as Waiting;
        group.push(one);
        length += one.rows.length;
      } while (from < list.length && length < MAX_ROWS * scorer.inputs.length);
      const rows = new Float64Array(length);
      let at = 0;
      for (const one of group) {
        rows.set(one.rows, at);
        at += one.rows.length;
      }
      const values = await call(scorer, rows);
      let row = 0;
      for (const one of group) {
        const end = row + (one.rows.length / scorer.inputs.length) * scorer.outputs.length;
        one.done(values && values.slice(row, end));
        row = end;
      }
    }
  };
  return {
    ask(scorer, rows, merge) {
      if (!merge) return call(scorer, rows);
      return new Promise((done) => {
        const list = waiting.get(scorer);
        if (list !== undefined) return void list.push({ rows, done });
        waiting.set(scorer, [{ rows, done }]);
        void flush(scorer);
      });
    },
  };
}
