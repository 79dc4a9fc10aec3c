import { elapsed, sleep } from "./platform.js";

/** So long a process may do nothing else, ms: less than what anybody notices of an answer. */
const SLICE_MS = 8;

/**
 * For long work in a process that serves as well: what is returned resolves at once as long as the slice lasts, and after a turn of everybody else where it is over. Made when the work begins.
 */
export function createTurns(): () => Promise<void> {
  let since = elapsed();
  return async () => {
    if (elapsed() - since < SLICE_MS) return;
    await sleep(0);
    since = elapsed();
  };
}

/** Work in steps, done in turns with everybody else. */
export async function inTurns<T>(steps: Generator<void, T, void>, turn: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await turn();
  }
}

/** The same at one go: for work that is known to be small. */
export function atOnce<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
