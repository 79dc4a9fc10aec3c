import { cutText } from "./cut-text.js";
import { tellableName } from "./tellable-name.js";

const IGNORE = "data-attune-ignore";
const IGNORED = `[${IGNORE}]`;
const TEXT_LIMIT = 40;
const NAME_LIMIT = 64;
/** What can be clicked, or was given a name so that it can be told of. */
export const INTERACTIVE =
  "a,button,input,select,textarea,summary,label,[role=button],[role=link],[data-attune-name]";
/** Text in here is what people typed. */
const TYPED = "input,select,textarea";
const EDITED = "[contenteditable]";
/** What no text is read of, wherever in an element it stands. */
const UNREAD = `${TYPED},${EDITED},${IGNORED},script,style,template`;
/** What the names of fields say, their ids say too. */
const ASKING = "form,fieldset,input,select,textarea,output";
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
  let target: Element | null = null;
  for (const node of path) {
    if (!(node instanceof Element)) continue;
    if (node.hasAttribute(IGNORE)) return null;
    target ??= node;
  }
  return target;
}

export const isIgnored = (element: Element): boolean => element.closest(IGNORED) !== null;

/** What was pointed at: the innermost element, and the nearest thing that can be clicked, else the element itself. */
export interface Pointed {
  path: readonly EventTarget[];
  target: Element;
  thing: Element;
  /** It is a place to type, choose or mark text. */
  isField: boolean;
}

/** Null where {@link targetOf} is. */
export function pointedBy(path: readonly EventTarget[]): Pointed | null {
  const target = targetOf(path);
  if (!target) return null;
  const thing = target.closest(INTERACTIVE) ?? target;
  return { path, target, thing, isField: thing.closest(FIELD) !== null };
}

const known = new WeakMap<Event, Pointed | null>();

/** The same of an event, worked out once for all who listen. */
export function pointedAt(event: Event): Pointed | null {
  let pointed = known.get(event);
  if (pointed === undefined) {
    pointed = pointedBy(event.composedPath());
    known.set(event, pointed);
  }
  return pointed;
}

/** What may be said of an element: its tag, its id (of forms and fields unless it sounds personal), its name for Attune. */
export function describeElement(element: Element): ElementContext {
  const id = element.matches(ASKING) ? tellableName(null, element.id) : element.id;
  const name = element.closest("[data-attune-name]")?.getAttribute("data-attune-name");
  return {
    tag: element.tagName.toLowerCase(),
    ...(id ? { id } : {}),
    ...(name ? { name: name.slice(0, NAME_LIMIT) } : {}),
  };
}

/** {@link describeElement} with the element's text, where the host allowed that: of all that can be clicked, or by `data-attune-text`. */
export function describeWithText(element: Element, all: boolean): ElementContext {
  const allowed = (all && element.matches(INTERACTIVE)) || element.closest("[data-attune-text]") !== null;
  const text = allowed && !element.matches(TYPED) && !element.closest(EDITED) ? readText(element) : "";
  return { ...describeElement(element), ...(text ? { text } : {}) };
}

/** The text of an element without that of the parts which are not to be read. */
function readText(element: Element): string {
  const unread = (node: Node): number =>
    node instanceof Element && node.matches(UNREAD) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
  const walker = document.createTreeWalker(
    element,
    NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT,
    element.querySelector(UNREAD) ? unread : null,
  );
  let text = "";
  while (text.length <= TEXT_LIMIT && walker.nextNode()) {
    if (walker.currentNode instanceof Text)
      text = `${text}${walker.currentNode.data}`.replace(/\s+/g, " ").trimStart();
  }
  return cutText(text.trimEnd(), TEXT_LIMIT);
}
