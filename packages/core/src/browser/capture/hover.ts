import { describeElement, elementsOf, targetOf } from "./elements.js";
import type { Scope } from "./scope.js";

const ATTRIBUTE = "data-attune-hover";
/** A pointer that passes over something is gone sooner. */
const REST_MS = 500;

/** A mouse or pen that rests for half a second on an element marked with `data-attune-hover="name"`: told each time that it comes. */
export function captureHover({ sink, on, onPageEnd, onStop, guard }: Scope): void {
  let over: Element | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell = guard((element: Element): void => {
    const name = element.getAttribute(ATTRIBUTE);
    sink.track("Element Hovered", { name }, { element: { ...describeElement(element), name } });
  });
  const enter = (element: Element | null): void => {
    if (element === over) return;
    clearTimeout(timer);
    over = element;
    if (element) timer = setTimeout(tell, REST_MS, element);
  };

  on<PointerEvent>(document, "pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const path = event.composedPath();
    const marked = elementsOf(path).find((element) => element.hasAttribute(ATTRIBUTE)) ?? null;
    enter(marked && targetOf(path) ? marked : null);
  });
  on<PointerEvent>(document, "pointerout", ({ relatedTarget }) => {
    if (relatedTarget === null) enter(null);
  });
  onPageEnd(() => enter(null));
  onStop(() => clearTimeout(timer));
}
