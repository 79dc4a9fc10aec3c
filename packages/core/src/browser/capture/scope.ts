import type { CaptureSink } from "../../ports/environment.js";
import { createSampler, type Sample } from "./sampler.js";

/** What one kind of capture is given: listeners that end with the scope and whose errors stay out of the host page. */
export interface Scope {
  sink: CaptureSink;
  /** Passive, and in the capturing phase, so that a page that stops propagation is seen all the same. */
  on<E extends Event>(target: EventTarget, type: string, listener: (event: E) => void): void;
  /** Runs in the frame after the pointer moved or something scrolled, or before the page ends; measures, and changes nothing. */
  onSample(task: (sample: Sample) => void): void;
  /**
   * Runs before anything is sent: the last chance to report about the page. `left`: the visitor goes elsewhere, else the page is only
   * hidden and may come back.
   */
  onPageEnd(task: (left: boolean) => void): void;
  /** Navigation inside the document. */
  leavePage(): void;
  onStop(task: () => void): void;
  guard<A extends readonly unknown[]>(task: (...args: A) => void): (...args: A) => void;
  report(error: unknown): void;
}

export function createScope(
  sink: CaptureSink,
  report: (error: unknown) => void,
): { scope: Scope; end(left: boolean): void; stop(): void } {
  const ends: ((left: boolean) => void)[] = [];
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
  const on: Scope["on"] = (target, type, listener) => {
    const guarded = guard(listener) as EventListener;
    const options = { capture: true, passive: true };
    target.addEventListener(type, guarded, options);
    stops.push(() => target.removeEventListener(type, guarded, options));
  };
  const sampler = createSampler(on);
  const end = (left: boolean): void => {
    sampler.settle();
    for (const task of ends) task(left);
  };
  const scope: Scope = {
    sink,
    guard,
    on,
    report,
    onSample: (task) => sampler.add(guard(task)),
    onPageEnd: (task) => void ends.push(guard(task)),
    leavePage: () => end(true),
    onStop: (task) => void stops.push(guard(task)),
  };
  scope.onStop(sampler.stop);
  return { scope, end, stop: () => stops.splice(0).forEach((task) => task()) };
}
