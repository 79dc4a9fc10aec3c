/** What browsers with view transitions have on a document. */
interface Transitions {
  startViewTransition?(change: () => Promise<void>): { finished: Promise<unknown> };
}

export interface Change {
  /** What changes, before and after; empty where nothing of it is in sight. */
  boxes(): Element[];
  /** Makes the change, at the latest in a microtask. */
  apply(): void;
}

/** Gives boxes names of their own in the transition. What it returns takes them away. */
function name(boxes: readonly Element[], prefix: string): () => void {
  const styled = boxes.filter((box): box is HTMLElement => box instanceof HTMLElement);
  for (const [i, { style }] of styled.entries()) style.viewTransitionName = `${prefix}-${i}`;
  return () => {
    for (const { style } of styled) style.viewTransitionName = "";
  };
}

const LIVE = ":root{view-transition-name:none!important}::view-transition{pointer-events:none}";

const allowed = (): boolean =>
  "startViewTransition" in document &&
  document.visibilityState === "visible" &&
  !matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Runs changes that come together as one view transition in which nothing moves but their boxes: the rest of the page stays live and can be
 * clicked. At once where the browser has none, motion is reduced, or nothing of it is in sight.
 */
export function createTransitions(): (change: Change) => void {
  let waiting: Change[] = [];
  let count = 0;

  const run = (): void => {
    const changes = waiting;
    waiting = [];
    const prefix = `attune-${++count}`;
    const named = (): (() => void) =>
      name(
        changes.flatMap((change) => change.boxes()),
        prefix,
      );
    let unname = named();
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
      unname = named();
    });
    const done = (): void => {
      unname();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    };
    // Rejects where the browser skips it; the change is made all the same.
    void transition?.finished.then(done, done);
  };

  return (change) => {
    if (!allowed() || change.boxes().length === 0) change.apply();
    else if (waiting.push(change) === 1) queueMicrotask(run);
  };
}
