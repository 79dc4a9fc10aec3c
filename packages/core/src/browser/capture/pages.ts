import type { LivePage } from "../page.js";
import type { Scope } from "./scope.js";

/** `window.navigation` (navigation API of the HTML standard) where the browser has it; without entries in documents of no origin. */
interface Navigation extends EventTarget {
  currentEntry: unknown;
}
type Moved = Event & { navigationType: string | null };

/**
 * A page view at each navigation inside the document: another path or query by `pushState`, the navigation API or the history buttons,
 * another path by `replaceState` (whose query changes are filters more often than pages). A changed hash is not a page, and an address that
 * is left at once for another one has not been a view; a document that comes back whole from the browser's cache is viewed once more. The
 * first view is told already.
 *
 * @param first Where that was: path and query.
 */
export function capturePages(scope: Scope, page: LivePage, first: string): void {
  const { sink, on, onStop, leavePage, guard } = scope;
  let seen = first;
  let path = first.split("?", 1)[0];
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Routers set the title after the address. */
  const tell = (): void => {
    clearTimeout(timer);
    timer = setTimeout(guard(sink.page), 0);
  };
  const arrive = guard((byReplace: boolean): void => {
    const now = location.pathname + location.search;
    const same = byReplace ? location.pathname === path : now === seen;
    seen = now;
    if (same) return;
    leavePage();
    path = location.pathname;
    page.turn();
    tell();
  });
  onStop(() => clearTimeout(timer));

  const { navigation } = globalThis as { navigation?: Navigation };
  if (navigation?.currentEntry)
    on<Moved>(navigation, "currententrychange", (event) => arrive(event.navigationType === "replace"));
  else watchHistory(scope, arrive);
  // What there was to tell before was told as it was left.
  on<PageTransitionEvent>(window, "pageshow", ({ persisted }) => void (persisted && tell()));
  // Perhaps it has moved on before this was here.
  arrive(false);
}

/** Without the navigation API nothing tells of `pushState` and `replaceState` but what stands in their place. */
function watchHistory({ on, onStop }: Scope, arrive: (byReplace: boolean) => void): void {
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
}
