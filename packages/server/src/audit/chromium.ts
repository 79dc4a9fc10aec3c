import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { AttuneError } from "@attune/core";
import type { Browser, BrowserType } from "playwright-core";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "chrome",
  "microsoft-edge",
];
/** Where installers put them on systems that have no folder of programs. */
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** Browsers speak with their makers too; what is watched is to be the page's doing alone. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  // Without the first of these, what others store would be refused without a window and stored with one: most visitors' browsers store it. The last are pages of
  // Chromium's own under its address bar, which cost more than those that are looked at.
  "--disable-features=TrackingProtection3pcd,MediaRouter,DialMediaRouteProvider,OptimizationHints,Translate,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
];

/** A Chromium of this machine: the one in `CHROMIUM`, else the first on the PATH, else one in its usual place; null where there is none. */
export function findChromium(
  environment: NodeJS.ProcessEnv = process.env,
  exists: (path: string) => boolean = existsSync,
): string | null {
  if (environment.CHROMIUM) return environment.CHROMIUM;
  const folders = (environment.PATH ?? "").split(delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...PLACES].find(exists) ?? null;
}

const CURE =
  "Install Chromium or Chrome, or name one with --browser PATH (or in the environment variable CHROMIUM).";

/**
 * Starts a Chromium without a window.
 *
 * @throws AttuneError `ATTUNE_AUDIT_BROWSER` with the cure, where there is none or it does not start.
 */
export async function launchChromium(
  chromium: Pick<BrowserType, "launch">,
  path: string | null,
): Promise<Browser> {
  if (path === null)
    throw new AttuneError("ATTUNE_AUDIT_BROWSER", `No Chromium was found on this machine. ${CURE}`);
  if (!existsSync(path))
    throw new AttuneError("ATTUNE_AUDIT_BROWSER", `There is no browser at ${path}. ${CURE}`);
  try {
    return await chromium.launch({ executablePath: path, args: QUIET });
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_AUDIT_BROWSER",
      `The browser at ${path} does not start, or is no Chromium. ${CURE}`,
      { cause },
    );
  }
}
