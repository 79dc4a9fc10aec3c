/** Stands in for layout, which jsdom has not: elements are visible when a test says so. */
export function fakeViewport() {
  const observers = new Set<FakeObserver>();
  class FakeObserver {
    readonly targets = new Set<Element>();
    constructor(readonly callback: IntersectionObserverCallback) {
      observers.add(this);
    }
    observe(element: Element): void {
      this.targets.add(element);
    }
    unobserve(element: Element): void {
      this.targets.delete(element);
    }
    disconnect(): void {
      this.targets.clear();
    }
  }
  globalThis.IntersectionObserver = FakeObserver as unknown as typeof IntersectionObserver;
  return {
    /** The elements that are waited for. */
    watched: (): Element[] => [...observers].flatMap((observer) => [...observer.targets]),
    show(element: Element): void {
      for (const observer of [...observers]) {
        if (!observer.targets.has(element)) continue;
        const entry = {
          target: element,
          isIntersecting: true,
          intersectionRatio: 1,
          intersectionRect: { height: 10 },
          rootBounds: null,
        };
        observer.callback(
          [entry as unknown as IntersectionObserverEntry],
          observer as unknown as IntersectionObserver,
        );
      }
    },
    remove(): void {
      Reflect.deleteProperty(globalThis, "IntersectionObserver");
    },
  };
}
