import type { LivePage } from "../page.js";
import type { Scope } from "./scope.js";

/**
 * A page view at each navigation inside the document: another path or query by `pushState` or the history buttons, another path by
 * `replaceState` (whose query changes are filters more often than pages). A changed hash is not a page. The first view is told already.
 *
 * @param first Where that was: path and query.
 */
export function capturePages(
  { sink, on, onStop, leavePage, guard }: Scope,
  page: LivePage,
  first: string,
): void {
  let seen = first;
  let path = first.split("?", 1)[0];

  const arrive = guard((byReplace: boolean): void => {
    const now = location.pathname + location.search;
    const same = byReplace ? location.pathname === path : now === seen;
    seen = now;
    if (same) return;
    leavePage();
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
  // Perhaps it has moved on before this was here.
  arrive(false);
}
