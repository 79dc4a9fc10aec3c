import { describeWithText, type Pointed, pointedAt, pointedBy } from "./elements.js";
import type { Scope } from "./scope.js";

/**
 * Clicks, told of the nearest thing that can be clicked. A label hands its click on to its field: that is one click of somebody's, told of
 * the label.
 *
 * @param early Paths of the clicks that came before this was here.
 */
export function captureClicks(
  { sink, on }: Scope,
  withText: boolean,
  early: readonly (readonly EventTarget[])[],
): void {
  let handedTo: Element | null = null;
  const tell = (pointed: Pointed | null): void => {
    const isHanded = pointed !== null && pointed.target === handedTo;
    handedTo = null;
    if (!pointed || isHanded) return;
    const { thing } = pointed;
    sink.track("Element Clicked", {}, { element: describeWithText(thing, withText) });
    if (!(thing instanceof HTMLLabelElement)) return;
    handedTo = thing.control;
    // In the same task, or never.
    setTimeout(() => {
      handedTo = null;
    });
  };
  for (const path of early) tell(pointedBy(path));
  on(document, "click", (event) => tell(pointedAt(event)));
}
