import type { CaptureSink, Environment } from "../ports/environment.js";
import { AttuneError } from "../kernel/errors.js";
import type { CaptureOptions } from "./capture/options.js";
import type { CaptureStart } from "./capture/start-capture.js";
import type { LivePage } from "./page.js";

const EARLY_CLICKS = 20;

const load = async (): Promise<(start: CaptureStart) => () => void> =>
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
      const earlyClicks: EventTarget[][] = [];
      const keep = (event: Event): void => {
        if (earlyClicks.length < EARLY_CLICKS) earlyClicks.push(event.composedPath());
      };
      const letGo = (): void => document.removeEventListener("click", keep, true);
      let stop = letGo;
      let isStopped = false;
      document.addEventListener("click", keep, { capture: true, passive: true });
      const firstView = location.pathname + location.search;
      if (options.pages !== false) {
        page.turn();
        sink.page();
      }
      load().then(
        (startCapture) => {
          letGo();
          if (!isStopped) stop = startCapture({ sink, options, page, report, firstView, earlyClicks });
        },
        (cause: unknown) => {
          letGo();
          report(
            new AttuneError(
              "ATTUNE_BROWSER_CAPTURE",
              "The part that captures did not load: only page views at the start are told. Serve the library's chunks beside it.",
              { cause },
            ),
          );
        },
      );
      return () => {
        isStopped = true;
        stop();
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
