import type { CaptureSink } from "../../ports/environment.js";

/** What one kind of capture is given: listeners that end with the scope and whose errors stay out of the host page. */
export interface Scope {
  sink: CaptureSink;
  on(target: EventTarget, type: string, listener: (event: Event) => void): void;
  /** Runs when the page is left or hidden, before anything is sent: the last chance to report about it. */
  onPageEnd(task: () => void): void;
  endPage(): void;
  onStop(task: () => void): void;
  guard<A extends readonly unknown[]>(task: (...args: A) => void): (...args: A) => void;
}

export function createScope(
  sink: CaptureSink,
  report: (error: unknown) => void,
): { scope: Scope; stop(): void } {
  const ends: (() => void)[] = [];
  const stops: (() => void)[] = [];
  const guard: Scope["guard"] =
    (task) =>
    (...args) => {
      try {
        task(...args);
      } catch (error) {
        report(error);
      }
    };
  const scope: Scope = {
    sink,
    guard,
    on(target, type, listener) {
      const guarded = guard(listener);
      // In the capturing phase a page that stops propagation is seen all the same.
      const options = { capture: true, passive: true };
      target.addEventListener(type, guarded, options);
      stops.push(() => target.removeEventListener(type, guarded, options));
    },
    onPageEnd: (task) => void ends.push(guard(task)),
    endPage: () => ends.forEach((task) => task()),
    onStop: (task) => void stops.push(guard(task)),
  };
  scope.on(document, "visibilitychange", () => {
    if (document.visibilityState === "hidden") scope.endPage();
  });
  scope.on(window, "pagehide", scope.endPage);
  return { scope, stop: () => stops.splice(0).forEach((task) => task()) };
}
