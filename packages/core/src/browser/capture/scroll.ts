import { createDepth } from "./depth.js";
import type { Scope } from "./scope.js";

/** The deepest point that came into view, as a share of the page's height in [0, 1]. Pages that were not scrolled say nothing. */
export function captureScroll({ sink, onSample, onPageEnd }: Scope): void {
  const depth = createDepth((share) => sink.track("Page Scrolled", { depth: share }));
  onSample(({ scrolled }) => {
    if (!scrolled.has(document)) return;
    const height = document.documentElement.scrollHeight;
    // A router that goes back to the top is not the visitor scrolling.
    if (height > 0 && (scrollY > 0 || depth.reached() > 0)) depth.reach((scrollY + innerHeight) / height);
  });
  onPageEnd((left) => {
    depth.settle();
    if (left) depth.reset();
  });
}
