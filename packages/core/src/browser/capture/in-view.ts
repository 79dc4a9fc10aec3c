import { createVisibility } from "../visible.js";
import { describeElement } from "./elements.js";
import { watchMarked } from "./marked.js";
import type { Scope } from "./scope.js";

/** Elements marked with `data-attune-view="name"`: told once each when they come into view. */
export function captureInView(scope: Scope): void {
  const { sink, guard } = scope;
  const observe = createVisibility();
  watchMarked(scope, "data-attune-view", (element, name) =>
    observe(
      element,
      guard(() => sink.track("Element Viewed", { name }, { element: { ...describeElement(element), name } })),
    ),
  );
}
