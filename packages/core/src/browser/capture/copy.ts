import { describeElement, targetOf } from "./elements.js";
import type { Scope } from "./scope.js";

/** That something was copied, and from which named place; never what. */
export function captureCopy({ sink, on }: Scope): void {
  on(document, "copy", (event) => {
    const target = targetOf(event.composedPath());
    if (!target) return;
    const place = target.closest("[data-attune-name],[id]") ?? target;
    sink.track("Text Copied", {}, { element: describeElement(place) });
  });
}
