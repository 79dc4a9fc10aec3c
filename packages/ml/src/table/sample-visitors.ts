import { seededRandom } from "@attune/core";

/** How much more than wanted is held before it is drawn from anew. */
const SLACK = 1.25;

interface Visitor<R> {
  /** In [0, 1): the smallest are kept. */
  key: number;
  order: number;
  rows: readonly R[];
}

/** Visitors one after another, of whom some are kept. */
export interface VisitorSample<R> {
  /** Rows of the next visitor, none perhaps. */
  add(rows: readonly R[]): void;
  /** Of each visitor that is kept its rows, in the order in which visitors came, and how many rows came in all. */
  drawn(): { kept: (readonly R[])[]; seen: number };
}

/**
 * Whole visitors, drawn at random so that their rows are `most` at the most: each visitor gets a random key, and those with the smallest are kept (bottom-k sampling, Cohen & Kaplan 2007), so that in one pass each is as likely as any other
 * to be among them, whenever it came. Who alone has more rows than that is left out. The same seed and order give the same sample. O(n log n) for n visitors; a quarter more than `most` is held at most, and one visitor's rows.
 */
export function sampleVisitors<R>({ most, seed }: { most: number; seed: number }): VisitorSample<R> {
  const random = seededRandom(seed);
  let held: Visitor<R>[] = [];
  let [order, seen, rowsHeld] = [0, 0, 0];
  /** Who has this key or a greater one is out already. */
  let bound = Number.POSITIVE_INFINITY;

  function draw(): void {
    if (rowsHeld <= most) return;
    held.sort((a, b) => a.key - b.key);
    let kept = 0;
    const end = held.findIndex(({ rows }) => {
      const fits = kept + rows.length <= most;
      if (fits) kept += rows.length;
      return !fits;
    });
    bound = held[end]?.key ?? bound;
    held = held.slice(0, end);
    rowsHeld = kept;
  }

  return {
    add(rows) {
      const key = random();
      order += 1;
      seen += rows.length;
      if (rows.length === 0 || rows.length > most || key >= bound) return;
      held.push({ key, order, rows });
      rowsHeld += rows.length;
      if (rowsHeld > most * SLACK) draw();
    },
    drawn() {
      draw();
      const kept = held.sort((a, b) => a.order - b.order).map(({ rows }) => rows);
      return { kept, seen };
    },
  };
}
