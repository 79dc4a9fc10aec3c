import type { Scope } from "./scope.js";

/** Told at each further quarter of the page, and once more at its end. */
const STEP = 0.25;

/** The deepest point that came into view, as a share of the page's height in [0, 1]. Pages that were not scrolled say nothing. */
export function captureScroll({ sink, on, onPageEnd, onStop, guard }: Scope): void {
  let depth = 0;
  let told = 0;
  let frame = 0;

  const tell = (): void => {
    if (depth <= told) return;
    told = depth;
    sink.track("Page Scrolled", { depth: Math.round(depth * 1000) / 1000 });
  };
  const measure = guard((): void => {
    frame = 0;
    const height = document.documentElement.scrollHeight;
    // A router that goes back to the top is not the visitor scrolling.
    if (height > 0 && (scrollY > 0 || depth > 0))
      depth = Math.max(depth, Math.min(1, (scrollY + innerHeight) / height));
    if (Math.floor(depth / STEP) > Math.floor(told / STEP)) tell();
  });

  on(window, "scroll", (event) => {
    if (event.target === document) frame ||= requestAnimationFrame(measure);
  });
  onPageEnd(() => {
    if (frame) {
      cancelAnimationFrame(frame);
      measure();
    }
    tell();
    if (document.visibilityState !== "hidden") depth = told = 0;
  });
  onStop(() => cancelAnimationFrame(frame));
}
