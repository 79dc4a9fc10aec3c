import type { RandomSource } from "../kernel/random.js";

const MIN_MS = 500;
const MAX_MS = 60_000;

/**
 * Hears of new rulesets by server-sent events, as long as the page is looked at: connections of one origin are few, and those of pages behind
 * others would hold up everything else. Nobody is named in the request.
 *
 * @param url Of the stream, with the key.
 * @param listener Told of a version; null: one may have been missed.
 * @returns Its end.
 */
export function followRulesets(
  url: string,
  listener: (version: string | null) => void,
  random: RandomSource,
): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let last: string | null = null;

  const close = (): void => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = (): void => {
    if (source || document.visibilityState === "hidden") return;
    const mine = new EventSource(last === null ? url : `${url}&lastEventId=${encodeURIComponent(last)}`);
    source = mine;
    const heard = (tell: (data: string) => void) => (event: MessageEvent<string>) => {
      failures = 0;
      if (event.lastEventId) last = event.lastEventId;
      tell(event.data);
    };
    // Who is new, or was away for too long.
    const missed = heard(() => listener(null));
    mine.addEventListener("visitors", missed);
    mine.addEventListener("gap", missed);
    mine.addEventListener(
      "ruleset",
      heard((data) => listener((JSON.parse(data) as { version: string }).version)),
    );
    mine.onerror = () => {
      // Else the browser itself comes back: it gives up where the answer was no stream.
      if (mine.readyState !== EventSource.CLOSED || source !== mine) return;
      close();
      timer = setTimeout(open, MIN_MS + random() * (Math.min(MAX_MS, MIN_MS * 2 ** ++failures) - MIN_MS));
    };
  };
  const look = (): void => {
    if (document.visibilityState === "hidden") close();
    else open();
  };

  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", close);
  addEventListener("pageshow", look);
  open();
  return () => {
    document.removeEventListener("visibilitychange", look);
    removeEventListener("pagehide", close);
    removeEventListener("pageshow", look);
    close();
  };
}
