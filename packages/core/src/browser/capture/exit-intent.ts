import type { Scope } from "./scope.js";

/** Whoever has only just come, and brings the pointer in from above, is not leaving. */
const SETTLED_MS = 2000;
/** A page that goes up by half a window in so short a time was flung. */
const FLING_MS = 300;
/** How long after the fingers let go a page may still be moving. */
const TOUCHED_MS = 1500;

/**
 * Signs that the visitor is about to leave, once per page: with a mouse, the pointer leaves through the upper edge, where tabs and address
 * are; with fingers, the page is flung up to its top after it was read, which brings the address bar back. Both are guesses: people also
 * look at another tab, or go back up to the menu.
 */
export function captureExitIntent({ sink, on, onSample, onPageEnd }: Scope): void {
  let since = performance.now();
  let isTold = false;
  let touchedAt = Number.NEGATIVE_INFINITY;
  let deepest = 0;
  let places: { at: number; y: number }[] = [];

  const tell = (method: "pointer" | "scroll"): void => {
    if (isTold || performance.now() - since < SETTLED_MS) return;
    isTold = true;
    sink.track("Page Exit Intended", { method });
  };

  on<MouseEvent>(document, "mouseout", ({ relatedTarget, clientY }) => {
    if (relatedTarget === null && clientY <= 0) tell("pointer");
  });
  on(document, "touchmove", () => {
    touchedAt = performance.now();
  });
  onSample(({ at, scrolled }) => {
    if (!scrolled.has(document)) return;
    deepest = Math.max(deepest, scrollY);
    places = [...places.filter((place) => at - place.at <= FLING_MS), { at, y: scrollY }];
    const risen = Math.max(...places.map(({ y }) => y)) - scrollY;
    if (
      at - touchedAt <= TOUCHED_MS &&
      deepest > innerHeight &&
      scrollY < innerHeight / 2 &&
      risen >= innerHeight / 2
    )
      tell("scroll");
  });
  onPageEnd((left) => {
    if (!left) return;
    since = performance.now();
    isTold = false;
    deepest = 0;
    places = [];
  });
}
