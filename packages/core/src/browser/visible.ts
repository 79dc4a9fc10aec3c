/**
 * Steps by the root of two: of an element that is taller than the window, be it by a thousand times, one of them lies between the shares that half
 * of the window and seven tenths of it show.
 */
const THRESHOLDS = Array.from({ length: 26 }, (_, i) => 0.5 ** (i / 2));

export type ObserveVisible = (element: Element, callback: () => void) => () => void;

/**
 * One IntersectionObserver for many elements. The callback runs once, when at least half of the element is in the viewport, or the element
 * covers half of the viewport's height; where the browser cannot tell, at once. What is returned stops the observation.
 */
export function createVisibility(): ObserveVisible {
  const waiting = new Map<Element, Set<() => void>>();
  let observer: IntersectionObserver | null = null;

  const look = (entries: readonly IntersectionObserverEntry[]): void => {
    for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries) {
      // Where the browser does not tell of the window, no height is enough.
      const enough =
        intersectionRatio >= 0.5 || intersectionRect.height * 2 >= (rootBounds?.height as number);
      if (!isIntersecting || !enough) continue;
      const callbacks = waiting.get(target);
      waiting.delete(target);
      observer?.unobserve(target);
      for (const callback of callbacks ?? []) callback();
    }
  };

  return (element, callback) => {
    if (typeof IntersectionObserver === "undefined") {
      callback();
      return () => undefined;
    }
    observer ??= new IntersectionObserver(look, { threshold: THRESHOLDS });
    let callbacks = waiting.get(element);
    if (!callbacks) {
      waiting.set(element, (callbacks = new Set()));
      observer.observe(element);
    }
    callbacks.add(callback);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size > 0 || waiting.get(element) !== callbacks) return;
      waiting.delete(element);
      observer?.unobserve(element);
    };
  };
}

/** {@link createVisibility} for a single element. */
export const observeVisible: ObserveVisible = (element, callback) => createVisibility()(element, callback);
