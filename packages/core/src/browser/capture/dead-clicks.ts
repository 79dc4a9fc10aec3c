import { describeElement, type Pointed, pointedAt } from "./elements.js";
import type { Scope } from "./scope.js";

/** What follows a click within this time is taken for its effect. */
const EFFECT_MS = 1000;
/** A request that began in that time may take so long before it is known of. */
const VERDICT_MS = 3000;
const CLICKABLE =
  "a[href],button,input,summary,[role=button],[role=link],[role=tab],[role=menuitem],[onclick]";
/** Things whose effect shows outside the document, or where nobody can see it. */
const ELSEWHERE =
  "a[download],a[target]:not([target=_self]),a[href^='mailto:'],a[href^='tel:'],a[href^='sms:'],label,option,video,audio,canvas,embed,object,iframe";
/** Signs of an effect other than a changed document, an address or a request. */
const SIGNS = [
  ...["scroll", "focusin", "input", "change", "invalid", "submit", "reset", "toggle", "copy", "cut"],
  ...["popstate", "hashchange", "fullscreenchange", "play", "pause", "blur"],
];
/** Kinds of requests that somebody clicks for; what measures (beacons, pixels) is none. */
const REQUESTS = ["fetch", "xmlhttprequest", "script", "iframe", "css"];
const OURS = "/api/v1/behavioral/";

interface Pending {
  event: Event;
  thing: Element;
  /** `performance.now()`, ms. */
  at: number;
  href: string;
  /** Its first second is over, and nothing has followed. */
  isSuspect: boolean;
}

const dueAt = ({ at, isSuspect }: Pending): number => at + (isSuspect ? VERDICT_MS : EFFECT_MS);

function looksClickable({ target, thing, isField }: Pointed): boolean {
  if (isField || target.closest(ELSEWHERE)) return false;
  return thing.closest(CLICKABLE) !== null || getComputedStyle(target).cursor === "pointer";
}

/** Whether the click leads to another document, which may take its time. */
function leadsAway({ event, thing }: Pending): boolean {
  const link = thing.closest<HTMLAnchorElement>("a[href]");
  return link !== null && !event.defaultPrevented && link.href.split("#")[0] !== location.href.split("#")[0];
}

/**
 * Clicks on what looks clickable, after which for a second nothing happens: the document does not change (outside shadow trees that the
 * click did not go through), nor the address, the focus or what is scrolled to, no field changes, and no request begins. Where in doubt
 * nothing is told: on a page that changes by itself all the time there are no dead clicks. Told three seconds after the click at the
 * latest; watched for one second only, and only after a click.
 */
export function captureDeadClicks({ sink, on, onPageEnd, onStop, guard }: Scope): void {
  const pending = new Set<Pending>();
  /** Those that something may still turn out to have followed: their first second is not over. */
  const fresh = (): Pending[] => {
    const now = performance.now();
    return [...pending].filter(({ at }) => now - at <= EFFECT_MS);
  };
  const acquit = (clicks: Iterable<Pending>): void => {
    for (const click of clicks) pending.delete(click);
    if (fresh().length === 0) changes.disconnect();
  };
  const changes = new MutationObserver(guard(() => acquit(fresh())));
  const requests = new PerformanceObserver(
    guard((list: PerformanceObserverEntryList) => {
      for (const { name, startTime, initiatorType } of list.getEntries() as PerformanceResourceTiming[]) {
        if (!REQUESTS.includes(initiatorType) || name.includes(OURS)) continue;
        acquit([...pending].filter(({ at }) => startTime >= at && startTime - at <= EFFECT_MS));
      }
    }),
  );

  const convict = (click: Pending): void => {
    acquit([click]);
    sink.track("Page Dead Clicked", {}, { element: describeElement(click.thing) });
  };
  const judge = (click: Pending): void => {
    if (location.href !== click.href || leadsAway(click)) return acquit([click]);
    if (fresh().length === 0) changes.disconnect();
    click.isSuspect = true;
  };
  /** One timer for all: most clicks are acquitted before it comes to them. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  const wakeAt = (due: number): void => {
    if (due >= wakesAt) return;
    clearTimeout(timer);
    wakesAt = due;
    timer = setTimeout(guard(look), due - performance.now());
  };
  function look(): void {
    wakesAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (const click of pending) if (dueAt(click) <= now) guard(click.isSuspect ? convict : judge)(click);
    for (const click of pending) wakeAt(dueAt(click));
  }

  on(document, "click", (event) => {
    const pointed = event.isTrusted ? pointedAt(event) : null;
    if (!pointed || !looksClickable(pointed)) return;
    const { thing } = pointed;
    for (const other of pending) if (other.thing === thing) return;
    const at = performance.now();
    const click: Pending = { event, thing, at, href: location.href, isSuspect: false };
    pending.add(click);
    wakeAt(dueAt(click));
    for (const node of pointed.path) {
      if (node instanceof Document || node instanceof ShadowRoot)
        changes.observe(node, { subtree: true, childList: true, attributes: true, characterData: true });
    }
  });
  for (const type of SIGNS) {
    on(window, type, () => {
      if (pending.size > 0) acquit(fresh());
    });
  }
  requests.observe({ type: "resource" });
  // Whatever was clicked has led somewhere.
  onPageEnd(() => acquit(pending));
  onStop(() => {
    acquit(pending);
    clearTimeout(timer);
    requests.disconnect();
  });
}
