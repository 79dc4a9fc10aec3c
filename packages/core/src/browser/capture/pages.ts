import type { LivePage } from "../page.js";
import type { Scope } from "./scope.js";

/**
 * A page view at the start and at each navigation inside the document: another path or query by `pushState` or the history buttons, another
 * path by `replaceState` (whose query changes are filters more often than pages). A changed hash is not a page.
 */
export function capturePages({ sink, on, onStop, endPage, guard }: Scope, page: LivePage): void {
  let seen = location.pathname + location.search;
  let path = location.pathname;

  const arrive = guard((byReplace: boolean): void => {
    const now = location.pathname + location.search;
    const same = byReplace ? location.pathname === path : now === seen;
    seen = now;
    if (same) return;
    endPage();
    path = location.pathname;
    page.turn();
    // Routers set the title after the address.
    setTimeout(guard(sink.page), 0);
  });

  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    let active = true;
    const patched: typeof original = function (this: History, ...args) {
      original.apply(this, args);
      if (active) arrive(name === "replaceState");
    };
    history[name] = patched;
    onStop(() => {
      active = false;
      // Someone may have patched on top of this patch; then it stays, doing nothing.
      if (history[name] === patched) history[name] = original;
    });
  }
  on(window, "popstate", () => arrive(false));
  onStop(page.release);
  page.turn();
  sink.page();
}
