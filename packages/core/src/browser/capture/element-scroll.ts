import { createDepth, type Depth } from "./depth.js";
import { describeElement } from "./elements.js";
import { watchMarked } from "./marked.js";
import type { Scope } from "./scope.js";

interface Watched {
  depth: Depth;
  /** It has a scroll bar of its own; else it moves with what it stands in. */
  isScroller: boolean;
}

const canScroll = (element: Element): boolean =>
  element.scrollHeight > element.clientHeight && /auto|scroll/.test(getComputedStyle(element).overflowY);

/** Of a box with its own scroll bar the share of its content that came into view, of anything else the share of itself. */
function shareOf(element: Element, isScroller: boolean): number {
  if (isScroller) return (element.scrollTop + element.clientHeight) / element.scrollHeight;
  const { top, height } = element.getBoundingClientRect();
  return height > 0 ? (innerHeight - top) / height : 0;
}

/**
 * The deepest point of elements marked with `data-attune-scroll="name"` that came into view, as a share in [0, 1]: told as the page's own
 * depth is. What was not scrolled says nothing.
 */
export function captureElementScroll(scope: Scope): void {
  const { sink, onSample, onPageEnd } = scope;
  const watched = new Map<Element, Watched>();
  watchMarked(scope, "data-attune-scroll", (element, name) => {
    const tell = (depth: number): void =>
      sink.track("Element Scrolled", { name, depth }, { element: { ...describeElement(element), name } });
    watched.set(element, { depth: createDepth(tell), isScroller: canScroll(element) });
    return () => {
      watched.get(element)?.depth.settle();
      watched.delete(element);
    };
  });
  onSample(({ scrolled }) => {
    if (scrolled.size === 0) return;
    for (const [element, entry] of watched) {
      const own = scrolled.has(element);
      entry.isScroller ||= own;
      if (own || !entry.isScroller) entry.depth.reach(shareOf(element, entry.isScroller));
    }
  });
  onPageEnd((left) => {
    for (const { depth } of watched.values()) {
      depth.settle();
      if (left) depth.reset();
    }
  });
}
