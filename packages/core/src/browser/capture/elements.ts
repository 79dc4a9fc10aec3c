const IGNORED = "[data-attune-ignore]";
const TEXT_LIMIT = 40;
const NAME_LIMIT = 64;
/** What can be clicked, or was given a name so that it can be told of. */
export const INTERACTIVE =
  "a,button,input,select,textarea,summary,label,[role=button],[role=link],[data-attune-name]";
/** Text in here is what people typed. */
const TYPED = "input,select,textarea";
const EDITED = "[contenteditable]";
/** Where people type, choose or mark text: pressing there again and again means nothing. */
const FIELD = `input:not([type=button],[type=submit],[type=reset],[type=image],[type=checkbox],[type=radio]),select,textarea,${EDITED}`;

export interface ElementContext {
  tag: string;
  id?: string;
  name?: string;
  text?: string;
}

/** The elements that an event went through, innermost first: out of open shadow trees as well. */
export const elementsOf = (path: readonly EventTarget[]): Element[] =>
  path.filter((node) => node instanceof Element);

/** The innermost element of a path; null where there is none, or the path leads through `data-attune-ignore`. */
export function targetOf(path: readonly EventTarget[]): Element | null {
  const elements = elementsOf(path);
  return elements.some((element) => element.matches(IGNORED)) ? null : (elements[0] ?? null);
}

export const isIgnored = (element: Element): boolean => element.closest(IGNORED) !== null;

export const isField = (element: Element): boolean => element.closest(FIELD) !== null;

/** The nearest thing that can be clicked, else the element itself. */
export const clickedThing = (target: Element): Element => target.closest(INTERACTIVE) ?? target;

/** What may be said of an element: its tag, its id, its name for Attune. */
export function describeElement(element: Element): ElementContext {
  const name = element.closest("[data-attune-name]")?.getAttribute("data-attune-name");
  return {
    tag: element.tagName.toLowerCase(),
    ...(element.id ? { id: element.id } : {}),
    ...(name ? { name: name.slice(0, NAME_LIMIT) } : {}),
  };
}

/** {@link describeElement} with the element's text, where the host allowed that: of all that can be clicked, or by `data-attune-text`. */
export function describeWithText(element: Element, all: boolean): ElementContext {
  const allowed = (all && element.matches(INTERACTIVE)) || element.closest("[data-attune-text]") !== null;
  const isReadable =
    allowed && !element.matches(TYPED) && !element.closest(EDITED) && !element.querySelector(TYPED);
  const text = isReadable ? element.textContent?.replace(/\s+/g, " ").trim().slice(0, TEXT_LIMIT) : "";
  return { ...describeElement(element), ...(text ? { text } : {}) };
}
