import { boxesOf } from "./boxes.js";

/** How long something must have stood before it counts as being read, ms: the time of a glance, and of a layout shift that browsers excuse. */
const GLANCE_MS = 500;

/**
 * Whether somebody is reading what a slot shows, and when that ends. It is being read while some of it is in the window, the page is
 * visible, and it has stood there for half a second at this address. That ends when it is scrolled out, the page is hidden, or the
 * address becomes another (the path or the query; not the fragment).
 */
export interface Reading {
  /**
   * The element around the content, as it is committed; null when it goes.
   *
   * @param isHydrated It has stood there since the page was painted.
   */
  attach(element: Element | null, isHydrated?: boolean): void;
  /** What is shown has just been replaced: whoever read it has to begin anew. */
  renewed(): void;
  goesOn(): boolean;
  /** Calls back when what went on may have ended. What it returns ends that. */
  subscribe(listener: () => void): () => void;
  /** The boxes of the content that are in the window. */
  inSight(): Element[];
}

/** When the page was first painted, ms of its own time; now, where that is not known. */
const painted = (): number =>
  performance.getEntriesByName?.("first-contentful-paint")[0]?.startTime ?? performance.now();

const address = (): string => location.pathname + location.search;

const inWindow = (box: Element): boolean => {
  const { top, bottom, left, right, width, height } = box.getBoundingClientRect();
  return width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
};

/** Calls back when one of the boxes leaves the window, the page is hidden or the address changes; what it returns ends that. */
function watch(boxes: readonly Element[], callback: () => void): () => void {
  const observer = new IntersectionObserver((entries) => {
    if (entries.some((entry) => !entry.isIntersecting)) callback();
  });
  for (const box of boxes) observer.observe(box);
  const { navigation } = globalThis as { navigation?: EventTarget };
  document.addEventListener("visibilitychange", callback);
  navigation?.addEventListener("currententrychange", callback);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", callback);
    navigation?.removeEventListener("currententrychange", callback);
  };
}

export function createReading(): Reading {
  let element: Element | null = null;
  /** A framework may take a ref off and put it on again; that is no new content. */
  let last: Element | null = null;
  let since = 0;
  let at = "";
  let listener: (() => void) | null = null;
  /** Set while somebody waits for the end: layout is not asked again until something says that it may have changed. */
  let unwatch: (() => void) | null = null;

  const stop = (): void => {
    unwatch?.();
    unwatch = null;
  };
  const renewed = (): void => {
    stop();
    since = performance.now();
    at = address();
  };
  const inSight = (): Element[] => (element === null ? [] : boxesOf(element).filter(inWindow));

  return {
    attach(next, isHydrated = false) {
      if (next !== null && next !== last) {
        last = next;
        renewed();
        if (isHydrated) since = painted();
      }
      element = next;
    },
    renewed,
    inSight,
    goesOn() {
      if (at !== address()) renewed();
      if (element === null || document.visibilityState === "hidden") return false;
      if (unwatch !== null) return true;
      if (performance.now() - since < GLANCE_MS || typeof IntersectionObserver === "undefined") return false;
      const shown = inSight();
      if (shown.length === 0) return false;
      unwatch = watch(shown, () => {
        stop();
        listener?.();
      });
      return true;
    },
    subscribe(next) {
      listener = next;
      return () => {
        listener = null;
        stop();
      };
    },
  };
}
