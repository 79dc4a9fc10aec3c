import { describeElement, INTERACTIVE, type Pointed, pointedAt } from "./elements.js";
import type { Scope } from "./scope.js";

const CLICKS = 3;
const WITHIN_MS = 1000;
/** CSS pixels from the first click of the burst. */
const RADIUS = 30;

interface Click {
  /** `event.timeStamp`, ms. */
  at: number;
  x: number;
  y: number;
  thing: unknown;
}

/**
 * Says when clicks are too many and too fast to be meant: at the third within a second, within a small circle, on the same thing. A burst
 * that goes on is not told again.
 */
export function createBurst(): (click: Click) => boolean {
  let burst: Click[] = [];
  let isTold = false;
  return (click) => {
    const last = burst.at(-1);
    const goesOn =
      last !== undefined &&
      last.thing === click.thing &&
      click.at - last.at <= WITHIN_MS &&
      Math.hypot(click.x - last.x, click.y - last.y) <= RADIUS;
    if (!goesOn) isTold = false;
    burst = goesOn ? [...burst.slice(1 - CLICKS), click] : [click];
    const [first] = burst;
    if (isTold || burst.length < CLICKS || !first || click.at - first.at > WITHIN_MS) return false;
    isTold = true;
    return true;
  };
}

/** Whether somebody is marking text: a paragraph is marked by three clicks. */
const isMarking = ({ thing, isField }: Pointed): boolean =>
  isField || (!thing.matches(INTERACTIVE) && getSelection()?.isCollapsed === false);

/** Three clicks of the pointer within a second on the same spot of the same thing. */
export function captureRageClicks({ sink, on, onPageEnd }: Scope): void {
  let isRage = createBurst();
  on<MouseEvent>(document, "click", (event) => {
    // By a script or by a key held down nobody clicks in anger.
    const pointed = event.isTrusted && event.detail !== 0 ? pointedAt(event) : null;
    if (!pointed || isMarking(pointed)) return;
    const { thing } = pointed;
    if (isRage({ at: event.timeStamp, x: event.clientX, y: event.clientY, thing }))
      sink.track("Page Rage Clicked", {}, { element: describeElement(thing) });
  });
  // Clicks that lead from page to page get what they ask for.
  onPageEnd((left) => {
    if (left) isRage = createBurst();
  });
}
