import type { CaptureSink } from "../../ports/environment.js";
import type { LivePage } from "../page.js";
import { captureActiveTime } from "./active-time.js";
import { captureClicks } from "./clicks.js";
import { captureCopy } from "./copy.js";
import { captureDeadClicks } from "./dead-clicks.js";
import { captureElementScroll } from "./element-scroll.js";
import { captureErrors } from "./errors.js";
import { captureExitIntent } from "./exit-intent.js";
import { captureForms } from "./forms.js";
import { captureHover } from "./hover.js";
import { captureInView } from "./in-view.js";
import type { CaptureOptions } from "./options.js";
import { capturePages } from "./pages.js";
import { captureRageClicks } from "./rage-clicks.js";
import { createScope } from "./scope.js";
import { captureScroll } from "./scroll.js";
import { captureVitals } from "./vitals.js";

export interface CaptureStart {
  sink: CaptureSink;
  options: CaptureOptions;
  page: LivePage;
  report(error: unknown): void;
  /** Path and query of the page view that was told. */
  firstView: string;
  /** The paths of clicks that came before this was here. */
  earlyClicks: readonly (readonly EventTarget[])[];
}

/** Capture that goes on. */
export interface Capture {
  /** The page is hidden or, where it is `left`, goes away: what is left to tell is told, before anything is sent. */
  end(left: boolean): void;
  stop(): void;
}

/** Starts every kind of capture that is not switched off. A kind that cannot start keeps no other from it. */
export function startCapture(start: CaptureStart): Capture {
  const { sink, options, page, report, firstView, earlyClicks } = start;
  const { errors = true, text = false } = options;
  const { scope, ...capture } = createScope(sink, report);
  const kinds: Readonly<Record<Exclude<keyof CaptureOptions, "text">, () => void>> = {
    // First, so that a page which has moved on meanwhile is turned before anything is told of it.
    clicks: () => captureClicks(scope, text, earlyClicks),
    pages: () => capturePages(scope, page, firstView),
    rageClicks: () => captureRageClicks(scope),
    deadClicks: () => captureDeadClicks(scope),
    scroll: () => captureScroll(scope),
    elementScroll: () => captureElementScroll(scope),
    activeTime: () => captureActiveTime(scope),
    inView: () => captureInView(scope),
    hover: () => captureHover(scope),
    forms: () => captureForms(scope),
    copy: () => captureCopy(scope),
    exitIntent: () => captureExitIntent(scope),
    vitals: () => captureVitals(scope),
    errors: () => captureErrors(scope, typeof errors === "object" ? errors : {}),
  };
  for (const [kind, begin] of Object.entries(kinds)) {
    if (options[kind as keyof CaptureOptions] !== false) scope.guard(begin)();
  }
  return capture;
}
