/** What links are followed with. */
export interface Following {
  /** The decorated address; never rejects. */
  link(url: string): Promise<string>;
  isOurs(url: URL): boolean;
  /** Never throws. */
  report(error: unknown): void;
}

interface Prepared {
  href: string;
  at: number;
  /** Null until it is there. */
  decorated: string | null;
  done: Promise<string>;
}

/** What was prepared longer ago is made anew: it must still be good when the other page has loaded, ms. */
const FRESH_MS = 60_000;

/**
 * Decorates links as they are followed: what hands the visitor over is asked for as a link is touched (pointer down, Enter), and is in the link
 * when it is clicked. A plain click that is faster waits for it; any other one (a new tab by the middle button) that is faster goes as it is.
 */
export function followLinks({ link, isOurs, report }: Following): () => void {
  const prepared = new WeakMap<HTMLAnchorElement, Prepared>();
  const guarded =
    <E extends Event>(listener: (event: E) => void) =>
    (event: Event): void => {
      try {
        listener(event as E);
      } catch (error) {
        report(error);
      }
    };
  const prepare = (anchor: HTMLAnchorElement): Prepared => {
    const known = prepared.get(anchor);
    if (known?.href === anchor.href && Date.now() - known.at < FRESH_MS) return known;
    const made: Prepared = { href: anchor.href, at: Date.now(), decorated: null, done: link(anchor.href) };
    void made.done.then((decorated) => {
      made.decorated = decorated;
    });
    prepared.set(anchor, made);
    return made;
  };
  const touched = (event: Event): void => {
    const anchor = anchorOf(event, isOurs);
    if (anchor) prepare(anchor);
  };
  const entered = (event: KeyboardEvent): void => {
    if (event.key === "Enter") touched(event);
  };
  const clicked = (event: MouseEvent): void => {
    const anchor = event.defaultPrevented ? null : anchorOf(event, isOurs);
    if (!anchor) return;
    const { decorated, done, href } = prepare(anchor);
    // Each is good once.
    if (decorated !== null || isPlain(event, anchor)) prepared.delete(anchor);
    if (decorated !== null) {
      const written = anchor.getAttribute("href") ?? href;
      anchor.href = decorated;
      // The browser reads it after the last listener.
      setTimeout(() => anchor.setAttribute("href", written));
    } else if (isPlain(event, anchor)) {
      event.preventDefault();
      void done.then((url) => location.assign(url));
    }
  };
  const listeners: [string, (event: Event) => void][] = [
    ["pointerdown", guarded(touched)],
    ["keydown", guarded(entered)],
    ["click", guarded(clicked)],
    ["auxclick", guarded(clicked)],
  ];
  // After all listeners of the document: what they have prevented is not followed.
  for (const [name, listener] of listeners) addEventListener(name, listener);
  return () => {
    for (const [name, listener] of listeners) removeEventListener(name, listener);
  };
}

/** The link to another domain of the site that an event is about; a page that it leads to without a referrer could not take up anybody. */
function anchorOf(event: Event, isOurs: (url: URL) => boolean): HTMLAnchorElement | null {
  const [target] = event.composedPath();
  const anchor = target instanceof Element ? target.closest<HTMLAnchorElement>("a[href]") : null;
  if (!anchor || anchor.relList.contains("noreferrer") || anchor.referrerPolicy === "no-referrer")
    return null;
  // In SVG a `href` is no text, and what stands for it here is none of these addresses.
  return /^https?:/.test(String(anchor.href)) && isOurs(new URL(anchor.href)) ? anchor : null;
}

const isPlain = (event: MouseEvent, anchor: HTMLAnchorElement): boolean =>
  event.type === "click" &&
  event.button === 0 &&
  !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) &&
  (anchor.target === "" || anchor.target === "_self") &&
  !anchor.hasAttribute("download");
