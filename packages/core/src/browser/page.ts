import type { PageReader, PageReading } from "../ports/environment.js";

/** Coarse on purpose: what a layout cares about, not a fingerprint. */
function deviceType(): NonNullable<PageReading["device"]> {
  const agent = navigator.userAgent;
  // iPadOS calls itself a Mac; no Mac has a touch screen.
  if (/iPad|Tablet|Android(?!.*Mobi)/.test(agent) || (/Mac/.test(agent) && navigator.maxTouchPoints > 1))
    return "tablet";
  return /Mobi/.test(agent) ? "mobile" : "desktop";
}

export interface LivePage extends PageReader {
  /** From now on this address is the page at hand, until the next turn, whatever the document's address becomes; its referrer is the page before. */
  turn(): void;
  /** Back to reading the document as it is. */
  release(): void;
}

export function browserPage(): LivePage {
  /** No page changes its device. */
  let device: PageReading["device"];
  let pinned: { url: string; referrer: string } | null = null;
  return {
    turn: () => {
      pinned = { url: location.href, referrer: pinned ? pinned.url : document.referrer };
    },
    release: () => {
      pinned = null;
    },
    read: () => ({
      url: location.href,
      referrer: document.referrer,
      ...pinned,
      title: document.title,
      viewport: { width: innerWidth, height: innerHeight },
      language: navigator.language,
      device: (device ??= deviceType()),
    }),
  };
}
