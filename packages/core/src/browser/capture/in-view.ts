import { createVisibility } from "../visible.js";
import { describeElement } from "./clicks.js";
import type { Scope } from "./scope.js";

const MARKED = "[data-attune-view]";

/** Elements marked with `data-attune-view="name"`, those that appear later too: told once each when they come into view. */
export function captureInView({ sink, onStop, guard }: Scope): void {
  const observe = createVisibility();
  const watched = new Map<Element, () => void>();

  const scan = guard((): void => {
    for (const [element, stop] of watched) {
      if (element.isConnected) continue;
      stop();
      watched.delete(element);
    }
    for (const element of document.querySelectorAll(MARKED)) {
      if (watched.has(element) || element.closest("[data-attune-ignore]")) continue;
      const name = element.getAttribute("data-attune-view");
      const seen = guard((): void =>
        sink.track("Element Viewed", { name }, { element: { ...describeElement(element, false), name } }),
      );
      watched.set(element, observe(element, seen));
    }
  });

  let frame = 0;
  const changes = new MutationObserver(() => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      scan();
    });
  });
  changes.observe(document, { subtree: true, childList: true, attributeFilter: ["data-attune-view"] });
  onStop(() => {
    changes.disconnect();
    cancelAnimationFrame(frame);
    for (const stop of watched.values()) stop();
  });
  scan();
}
