import { clickedThing, describeWithText, targetOf } from "./elements.js";
import type { Scope } from "./scope.js";

/**
 * Clicks, told of the nearest thing that can be clicked.
 *
 * @param early Paths of the clicks that came before this was here.
 */
export function captureClicks(
  { sink, on }: Scope,
  withText: boolean,
  early: readonly (readonly EventTarget[])[],
): void {
  const tell = (path: readonly EventTarget[]): void => {
    const target = targetOf(path);
    if (target)
      sink.track("Element Clicked", {}, { element: describeWithText(clickedThing(target), withText) });
  };
  early.forEach(tell);
  on(document, "click", (event) => tell(event.composedPath()));
}
