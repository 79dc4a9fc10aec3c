import { createDevelopmentReport } from "../kernel/development.js";
import { secureRandom } from "../kernel/random.js";
import { safeReport } from "../kernel/safe-report.js";
import type { DeviceNetwork, Environment } from "../ports/environment.js";
import type { CaptureOptions } from "./capture/options.js";
import { captureLater } from "./capture-later.js";
import { browserConsentSync } from "./consent-sync.js";
import { browserCookies, type CookieOptions } from "./cookies.js";
import { indexedDbStorage } from "./indexed-db.js";
import type { LiveOptions } from "./live.js";
import { browserNetwork } from "./network.js";
import { browserPage } from "./page.js";

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
   * Decides by a new ruleset as soon as it is published, and by what the server finds of the visitor's segments as soon as it does, such as after an
   * event of a back end: by a stream that is open while the page is looked at and consent allows a visitor to be known. It names the visitor
   * where consent covers personalization (default false: by a new ruleset with the next page, and by what this device has seen).
   */
  live?: boolean;
  /** `false`: nothing is captured by itself. */
  capture?: false | CaptureOptions;
  cookies?: CookieOptions;
  /**
   * Lets whoever checks the site choose what they see by the address, `?attune-variant=slot:variant` (again for each slot; `slot:` ends it), for as
   * long as the tab is open where consent lets it be kept, else in that page alone. What is chosen is shown whatever else is decided, and never
   * counted. `param` names the parameter (default: off). Anybody can use it: to be left off where a variant must not be seen early.
   */
  overrides?: boolean | { param?: string };
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
  const { endpoint, writeKey, site = "default", region, live = false, capture, cookies, overrides } = options;
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
            ...browserNetwork(endpoint, writeKey, hint, cookies?.domain),
            ...(live && pushes(endpoint, writeKey, hint, report)),
          },
        }),
    report,
    ...(overrides
      ? {
          overrides: async () =>
            (await import("./tab-overrides.js")).tabOverrides(
              (overrides !== true && overrides.param) || "attune-variant",
            ),
        }
      : {}),
    ...(capture === false ? {} : captureLater(capture ?? {}, page, report)),
  };
}

/** What is pushed to the page. Its code comes when it is needed. */
function pushes(
  endpoint: string,
  writeKey: string | undefined,
  hint: (error: unknown) => void,
  report: (error: unknown) => void,
): Pick<DeviceNetwork, "follow" | "fetchSegments"> {
  const options: LiveOptions = {
    base: endpoint.replace(/\/+$/, ""),
    headers: writeKey === undefined ? {} : { authorization: `Bearer ${writeKey}` },
    random: secureRandom,
    hint,
  };
  const live = () => import("./live.js");
  return {
    follow(visitorId, listener) {
      let stop = (): void => undefined;
      let ended = false;
      live()
        .then(({ follow }) => {
          if (!ended) stop = follow(options, visitorId, listener);
        })
        .catch(report);
      return () => {
        ended = true;
        stop();
      };
    },
    fetchSegments: async (id, consent, signal) =>
      (await live()).fetchSegments(options, { id, consent }, signal),
  };
}
