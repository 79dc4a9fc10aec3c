/** What browsers with view transitions have on a document. */
interface Transitions {
  activeViewTransition?: object | null;
  startViewTransition?(change: () => Promise<void>): {
    ready: Promise<unknown>;
    finished: Promise<unknown>;
    skipTransition(): void;
  };
}

export interface Change {
  /** What changes, before and after; empty where nothing of it is in sight. */
  boxes(): Element[];
  /** Makes the change, at the latest in a microtask. */
  apply(): void;
}

const NAME = "view-transition-name";

/** Gives an element a name in the transition. What it returns gives back what the host had there. */
function name({ style }: HTMLElement, given: string): () => void {
  const before = style.getPropertyValue(NAME);
  style.setProperty(NAME, given);
  return () => style.setProperty(NAME, before);
}

const LIVE = ":root{view-transition-name:none!important}::view-transition{pointer-events:none}";

/** In how many columns and rows a box is looked at for what lies over it. */
const LOOKS = 5;

/** What of the page is at points all over a box: on top, or all that lies there. None outside of the window. */
function elementsAt(box: Element, find: "elementFromPoint" | "elementsFromPoint"): Element[] {
  const { x, y, width, height } = box.getBoundingClientRect();
  const root = box.getRootNode() as Document | ShadowRoot;
  return Array.from({ length: LOOKS ** 2 }, (_, n) =>
    root[find](
      x + (((n % LOOKS) + 0.5) * width) / LOOKS,
      y + ((Math.floor(n / LOOKS) + 0.5) * height) / LOOKS,
    ),
  ).flatMap((found) => found ?? []);
}

/**
 * Whether something of the page lies over a box: a dialog, a bar that sticks. A transition is painted above all of the page and would lift
 * the box over it. What takes no clicks (`pointer-events: none`) is not found, nor is what is smaller than a fifth of the box.
 */
const isCovered = (box: Element, behind?: ReadonlySet<Element>): boolean =>
  // An element around the box lies behind it: round corners, or what takes no clicks.
  elementsAt(box, "elementFromPoint").some(
    (hit) => !box.contains(hit) && !hit.contains(box) && !behind?.has(hit),
  );

const allowed = (): boolean =>
  "startViewTransition" in document &&
  document.visibilityState === "visible" &&
  // Another one would be cut short: the host's own, or the one before.
  !(document as Transitions).activeViewTransition &&
  !matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Runs changes that come together as one view transition in which nothing moves but their boxes: the rest of the page stays live and can be
 * clicked. At once where the browser has none, motion is reduced, another transition runs, nothing of it is in sight, or something lies over it.
 */
export function createTransitions(): (change: Change) => void {
  let waiting: Change[] = [];
  let count = 0;

  const run = (): void => {
    const changes = waiting;
    waiting = [];
    const prefix = `attune-${++count}`;
    const boxes = (): Element[] => changes.flatMap((change) => change.boxes());
    const nameBoxes = (): (() => void) => {
      const ends = boxes()
        .filter((box) => box instanceof HTMLElement)
        .map((box, i) => name(box, `${prefix}-${i}`));
      return () => {
        for (const end of ends) end();
      };
    };
    let unname = nameBoxes();
    // The page as a whole takes no part, and clicks go through what browsers lay over it meanwhile.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LIVE);
    document.adoptedStyleSheets.push(sheet);
    const transition = (document as Transitions).startViewTransition?.(async () => {
      unname();
      for (const change of changes) change.apply();
      // A framework commits what a store has changed in a microtask of its own.
      await Promise.resolve();
      await Promise.resolve();
      unname = nameBoxes();
    });
    // While it is painted by the transition, a box is not among what is found, but what lay there behind it.
    const behind = new Set(boxes().flatMap((box) => elementsAt(box, "elementsFromPoint")));
    let frame = 0;
    // What comes to lie over a box meanwhile (a notice, the question for consent) is not hidden until the end.
    const look = (): void => {
      frame = requestAnimationFrame(look);
      if (boxes().some((box) => isCovered(box, behind))) transition?.skipTransition();
    };
    const done = (): void => {
      cancelAnimationFrame(frame);
      unname();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    };
    // Both reject where the browser skips it, or the host starts one of its own; the change is made all the same.
    void transition?.ready.then(look, () => undefined);
    void transition?.finished.then(done, done);
  };

  return (change) => {
    const boxes = allowed() ? change.boxes() : [];
    if (boxes.length === 0 || boxes.some((box) => isCovered(box))) change.apply();
    else if (waiting.push(change) === 1) queueMicrotask(run);
  };
}
