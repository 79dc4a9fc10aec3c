/** Steps of 2 %, so that an element many screens tall is noticed too. */
const THRESHOLDS = Array.from({ length: 26 }, (_, i) => i / 50);

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
      const enough =
        intersectionRatio >= 0.5 || (rootBounds !== null && intersectionRect.height >= rootBounds.height / 2);
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
