import type { Scope } from "./scope.js";

const TEXT_LIMIT = 40;
const INTERACTIVE =
  "a,button,input,select,textarea,summary,label,[role=button],[role=link],[data-attune-name]";
/** Text in here is what people typed. */
const TYPED = "input,select,textarea";
const EDITED = "[contenteditable]";

export interface ElementContext {
  tag: string;
  id?: string;
  name?: string;
  text?: string;
}

/** What may be said of an element: its tag, its id, its name for Attune, and its text only where the host allowed that. */
export function describeElement(element: Element, withText: boolean): ElementContext {
  const name = element.closest("[data-attune-name]")?.getAttribute("data-attune-name");
  const readable =
    withText &&
    element.matches(INTERACTIVE) &&
    !element.matches(TYPED) &&
    !element.closest(EDITED) &&
    !element.querySelector(TYPED);
  const text = readable ? element.textContent?.replace(/\s+/g, " ").trim().slice(0, TEXT_LIMIT) : "";
  return {
    tag: element.tagName.toLowerCase(),
    ...(element.id ? { id: element.id } : {}),
    ...(name ? { name } : {}),
    ...(text ? { text } : {}),
  };
}

/** Clicks, told of the nearest thing that can be clicked. Nothing inside `data-attune-ignore`. */
export function captureClicks({ sink, on }: Scope, withText: boolean): void {
  on(document, "click", (event) => {
    const path = event.composedPath().filter((node) => node instanceof Element);
    const [target] = path;
    // By the path, which leads out of shadow trees as well.
    if (!target || path.some((node) => node.matches("[data-attune-ignore]"))) return;
    sink.track(
      "Element Clicked",
      {},
      { element: describeElement(target.closest(INTERACTIVE) ?? target, withText) },
    );
  });
}
