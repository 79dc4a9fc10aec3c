import type { CaptureSink, Environment } from "../ports/environment.js";
import { AttuneError } from "../kernel/errors.js";
import type { CaptureOptions } from "./capture/options.js";
import type { Capture, CaptureStart } from "./capture/start-capture.js";
import type { LivePage } from "./page.js";

const EARLY_CLICKS = 20;

const load = async (): Promise<(start: CaptureStart) => Capture> =>
  (await import("./capture/start-capture.js")).startCapture;

/**
 * Capture as a chunk of its own, fetched when the engine starts, so that no page waits for it. The first page view does not wait either;
 * clicks before the chunk is there are kept for it.
 */
export function captureLater(
  options: CaptureOptions,
  page: LivePage,
  report: (error: unknown) => void,
): Required<Pick<Environment, "prepare" | "capture">> {
  return {
    // Where that fails, it is tried again, and told, when it is needed.
    prepare: () => void load().catch(() => undefined),
    capture(given) {
      const sink = unlessIgnored(given);
      const ending = new AbortController();
      const { signal } = ending;
      const on = (target: EventTarget, type: string, listener: (event: Event) => void): void =>
        target.addEventListener(type, listener, { capture: true, passive: true, signal });
      const earlyClicks: EventTarget[][] = [];
      let capture: Capture | null = null;
      on(document, "click", (event) => {
        if (!capture && earlyClicks.length < EARLY_CLICKS) earlyClicks.push(event.composedPath());
      });
      // At once: who sends what is left listens next, and on a window the first to listen is the first to be told.
      on(document, "visibilitychange", () => {
        if (document.visibilityState === "hidden") capture?.end(false);
      });
      on(window, "pagehide", () => capture?.end(true));

      const firstView = location.pathname + location.search;
      const view = (): void => {
        page.turn();
        sink.page();
      };
      if (options.pages !== false) {
        // A page that is rendered ahead is opened once somebody sees it, if ever.
        if ((document as { prerendering?: boolean }).prerendering) on(document, "prerenderingchange", view);
        else view();
      }
      load().then(
        (startCapture) => {
          if (!signal.aborted)
            capture = startCapture({
              sink,
              options,
              page,
              report,
              firstView,
              earlyClicks: earlyClicks.splice(0),
            });
        },
        (cause: unknown) =>
          report(
            new AttuneError(
              "ATTUNE_BROWSER_CAPTURE",
              "The part that captures did not load: only page views at the start are told. Serve the library's chunks beside it.",
              { cause },
            ),
          ),
      );
      return () => {
        ending.abort();
        capture?.stop();
        page.release();
      };
    },
  };
}

/** A page that bears `data-attune-ignore` on its root says nothing at all. */
function unlessIgnored(sink: CaptureSink): CaptureSink {
  const isIgnored = (): boolean => document.documentElement.hasAttribute("data-attune-ignore");
  return {
    decidedAt: sink.decidedAt,
    track: (...told) => void (isIgnored() || sink.track(...told)),
    page: () => void (isIgnored() || sink.page()),
  };
}
