import type { Scope } from "./scope.js";

/** Without a sign of life for this long nobody is taken to be there. */
const IDLE_MS = 30_000;
/** Told after this much active time, and at the end of the page. */
const STEP_MS = 15_000;
const SIGNS = ["pointerdown", "keydown", "wheel", "touchstart"];

/** Time in which the page was visible, had the focus, and someone was there. */
export function captureActiveTime({ sink, on, onSample, onPageEnd, onStop, guard }: Scope): void {
  let active = 0;
  let since = performance.now();
  let sign = since;

  const attended = (): boolean => document.visibilityState === "visible" && document.hasFocus();
  let counting = attended();

  const count = (): void => {
    const now = performance.now();
    if (counting) active += Math.max(0, Math.min(now, sign + IDLE_MS) - since);
    since = now;
    counting = attended();
  };
  const tell = (): void => {
    count();
    const activeMs = Math.round(active);
    active = 0;
    if (activeMs > 0) sink.track("Page Engaged", { activeMs });
  };
  const live = (): void => {
    const now = performance.now();
    // Signs come a hundred times a second; four are enough.
    if (now - sign < 250) return;
    count();
    sign = now;
  };

  for (const type of SIGNS) on(window, type, live);
  onSample(live);
  on(window, "focus", count);
  on(window, "blur", count);
  // In the order of registration: what was counted while visible is told by the page end, from then on nothing counts.
  on(document, "visibilitychange", () => {
    if (attended()) sign = performance.now();
    count();
  });
  onPageEnd(tell);

  const timer = setInterval(
    guard(() => {
      count();
      if (active >= STEP_MS) tell();
    }),
    STEP_MS / 3,
  );
  onStop(() => clearInterval(timer));
}
