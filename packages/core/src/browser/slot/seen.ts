import { observeVisible } from "../visible.js";
import { boxesOf } from "./boxes.js";

/**
 * Calls back once when something of an element has been visible. An element without a box of its own (`display: contents`) is looked
 * through: what counts are its children, those added later too, and for bare text the nearest box around it.
 *
 * @returns Stops looking.
 */
export function whenSeen(element: Element, callback: () => void): () => void {
  const watched = new Map<Element, () => void>();
  let done = false;
  const stop = (): void => {
    done = true;
    changes.disconnect();
    for (const unwatch of watched.values()) unwatch();
    watched.clear();
  };
  const seen = (): void => {
    if (done) return;
    stop();
    callback();
  };
  const look = (): void => {
    const through: Element[] = [];
    const boxes = new Set(boxesOf(element, through));
    for (const node of through) changes.observe(node, { childList: true });
    for (const [box, unwatch] of watched) {
      if (!boxes.has(box) && watched.delete(box)) unwatch();
    }
    for (const box of boxes) {
      if (!done && !watched.has(box)) watched.set(box, observeVisible(box, seen));
    }
  };
  const changes = new MutationObserver(look);
  look();
  return stop;
}
