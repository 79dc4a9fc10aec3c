import { createDevelopmentReport } from "../kernel/development.js";
import { secureRandom } from "../kernel/random.js";
import { safeReport } from "../kernel/safe-report.js";
import type { CaptureSink, DeviceNetwork, Environment } from "../ports/environment.js";
import { captureActiveTime } from "./capture/active-time.js";
import { captureClicks } from "./capture/clicks.js";
import { captureInView } from "./capture/in-view.js";
import { capturePages } from "./capture/pages.js";
import { createScope } from "./capture/scope.js";
import { captureScroll } from "./capture/scroll.js";
import { browserConsentSync } from "./consent-sync.js";
import { browserCookies, type CookieOptions } from "./cookies.js";
import { indexedDbStorage } from "./indexed-db.js";
import { browserNetwork } from "./network.js";
import { browserPage } from "./page.js";

export interface CaptureOptions {
  /** Page views, at the start and at navigations inside the document (default true). */
  pages?: boolean;
  /** Clicks (default true); nothing inside `data-attune-ignore`. */
  clicks?: boolean;
  /** Depth of scrolling (default true). */
  scroll?: boolean;
  /** Active time (default true). */
  activeTime?: boolean;
  /** Elements marked with `data-attune-view` (default true). */
  inView?: boolean;
  /** Up to 40 characters of the text of clicked links, buttons and labels, masked like all text (default false). Never what was typed. */
  text?: boolean;
}

export interface BrowserOptions {
  /** Where the Attune server answers, for instance `https://attune.example.com` or `""` for this origin. None: nothing is sent. */
  endpoint?: string;
  /** The public write key. */
  writeKey?: string;
  /** Names the device database, `attune-<site>` (default `default`); the engine's `site`. */
  site?: string;
  /** ISO 3166 code of where the visitor is, as the host knows it: selects the consent mode. */
  region?: string;
  /**
   * Decides by a new ruleset as soon as it is published, by a stream that is open while the page is looked at and consent allows a visitor to be
   * known (default false: with the next page).
   */
  live?: boolean;
  /** `false`: nothing is captured by itself. */
  capture?: false | CaptureOptions;
  cookies?: CookieOptions;
  /**
   * Told of what went wrong, such as a key that is refused or an endpoint that does not answer (default: in development the console,
   * each problem once; in production nobody).
   */
  report?: (error: unknown) => void;
}

/**
 * The environment of a page: cookies, an IndexedDB queue, fetch, automatic capture, Global Privacy Control. Making it touches nothing, so it
 * may be made on a server; the engine uses its parts from `start()` on, as far as consent allows.
 */
export function browser(options: BrowserOptions = {}): Environment {
  const { endpoint, writeKey, site = "default", region, live = false, capture, cookies } = options;
  const hint = createDevelopmentReport();
  const report = safeReport({ report: options.report ?? hint });
  const page = browserPage();
  const database = `attune-${site}`;

  return {
    tzOffset: () => -new Date().getTimezoneOffset(),
    privacy: {
      get gpc() {
        return (navigator as { globalPrivacyControl?: unknown }).globalPrivacyControl === true;
      },
      ...(region === undefined ? {} : { region }),
    },
    cookies: browserCookies(cookies),
    storage: indexedDbStorage(database),
    page,
    consentSync: browserConsentSync(database),
    ...(endpoint === undefined
      ? {}
      : {
          network: {
            ...browserNetwork(endpoint, writeKey, hint),
            ...(live && pushes(endpoint, writeKey, report)),
          },
        }),
    report,
    ...(capture === false
      ? {}
      : {
          capture: (sink: CaptureSink) => startCapture(sink, capture ?? {}, page, report),
        }),
  };
}

/** What is pushed to the page. Its code comes when it is needed. */
function pushes(
  endpoint: string,
  writeKey: string | undefined,
  report: (error: unknown) => void,
): Pick<DeviceNetwork, "followRulesets"> {
  const key = writeKey === undefined ? "" : `&key=${encodeURIComponent(writeKey)}`;
  const url = `${endpoint.replace(/\/+$/, "")}/api/v1/behavioral/stream?only=rulesets${key}`;
  return {
    followRulesets(listener) {
      let stop = (): void => undefined;
      let ended = false;
      import("./live.js")
        .then(({ followRulesets }) => {
          if (!ended) stop = followRulesets(url, listener, secureRandom);
        })
        .catch(report);
      return () => {
        ended = true;
        stop();
      };
    },
  };
}

function startCapture(
  sink: CaptureSink,
  options: CaptureOptions,
  page: ReturnType<typeof browserPage>,
  report: (error: unknown) => void,
): () => void {
  const {
    pages = true,
    clicks = true,
    scroll = true,
    activeTime = true,
    inView = true,
    text = false,
  } = options;
  const { scope, stop } = createScope(sink, report);
  if (pages) scope.guard(capturePages)(scope, page);
  if (clicks) captureClicks(scope, text);
  if (scroll) captureScroll(scope);
  if (activeTime) captureActiveTime(scope);
  if (inView) captureInView(scope);
  return stop;
}
