import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { CHROMIUM_ARGS } from "../../packages/core/test/chromium-args.js";

const PATH = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why real-browser suites cannot run here; null where they can. */
export const noChromium: string | null =
  process.env.ATTUNE_NO_CHROMIUM ??
  (existsSync(PATH) ? null : `there is no Chromium at ${PATH}; set CHROMIUM`);

if (noChromium !== null) console.warn(`Left out: real-browser suites, because ${noChromium}`);

/** How it is started; for `launchPersistentContext`, which takes the same. */
export const CHROMIUM = {
  executablePath: PATH,
  args: [...CHROMIUM_ARGS],
};

/** @param backForward Whether pages are kept for a return, as they are for everybody but drivers of browsers. */
export const launchChromium = ({ backForward = false } = {}): Promise<Browser> =>
  chromium.launch({
    ...CHROMIUM,
    ...(backForward && { ignoreDefaultArgs: ["--disable-back-forward-cache"] }),
  });

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** Errors, warnings and unhandled rejections that the page reported. */
  complaints: string[];
}

/** A new visitor: an empty profile and one page whose complaints are kept. */
export async function newVisitor(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Visit> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  return { context, page, complaints: listenToComplaints(page) };
}

/** Errors, warnings and unhandled rejections that the page reports from now on. */
export function listenToComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.text()} ${message.location().url}`.trim());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}
