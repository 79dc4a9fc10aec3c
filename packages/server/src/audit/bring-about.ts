import { setTimeout as sleep } from "node:timers/promises";
import { type ConsentRecord, decodeConsentCookie, grantedPurposes } from "@attune/core/consent";
import type { BrowserContext, Page } from "playwright-core";
import type { Turn } from "./states.js";
import type { Statement } from "./statement.js";

/** How long something to be clicked is waited for, and how long a decision may take to be kept, ms. */
const CLICK_MS = 4000;
const KEPT_MS = 4000;

/** Of Attune's banner: "Reject all" and "Accept all" are the last two of its buttons, in this order. */
const BUTTONS = ".attune-consent-actions .attune-consent-button";
const ACCEPT = `${BUTTONS}[type=button] >> nth=-1`;
const REJECT = `${BUTTONS}[type=button] >> nth=-2`;
const CHOOSE = ".attune-consent .attune-consent-link[aria-expanded]";
const SETTINGS = ".attune-consent-link:not(.attune-consent *)";

/** The clicks by which a person decides so in Attune's banner. */
export function bannerClicks(name: Turn["name"]): readonly string[] {
  if (name === "granted") return [ACCEPT];
  if (name === "denied") return [REJECT];
  if (name === "withdrawn") return [SETTINGS, REJECT];
  return [CHOOSE, `.attune-consent input[name=purpose][value=${name}]`, `${BUTTONS}[type=submit]`];
}

export interface Decision {
  context: BrowserContext;
  page: Page;
  statement: Statement;
}

/**
 * Decides in an open page. Gives what was done, in words, and why it may not have worked, where that is so.
 *
 * `record`: the engine is told as by another tab of the site, over the channel that tabs tell each other of decisions by. That takes no
 * preparation of the page, and its own engine does all the rest.
 */
export async function decide(
  { context, page, statement }: Decision,
  { name, record }: Turn,
): Promise<{ step: string; doubt: string | null }> {
  const { decideBy } = statement;
  if (decideBy === "record") {
    await page.evaluate(TELL, { channel: `attune-${statement.site}`, record });
    const step = `Decided as another tab of the site would: ${said(record)}.`;
    return { step, doubt: await doubtOf(context, statement, record) };
  }
  const clicks = decideBy === "banner" ? bannerClicks(name) : decideBy[name];
  if (clicks === undefined)
    return {
      step: `Nothing was decided: no clicks are given for "${name}".`,
      doubt: `No clicks are given for "${name}": name them under /decideBy/${name} of the policy file, or leave the state out by --states.`,
    };
  const step = `Clicked as a person would to decide "${name}": ${clicks.join(", then ")}.`;
  for (const selector of clicks) {
    const found = await page
      .locator(selector)
      .first()
      .click({ timeout: CLICK_MS })
      .then(
        () => true,
        () => false,
      );
    if (!found)
      return { step, doubt: `There was nothing to click at ${selector}, so "${name}" was not decided.` };
  }
  return { step, doubt: decideBy === "banner" ? await doubtOf(context, statement, record) : null };
}

/** Runs in the page. A channel does not hear itself; the engine has one of its own. */
const TELL = ({ channel, record }: { channel: string; record: ConsentRecord }): void => {
  const told = new BroadcastChannel(channel);
  told.postMessage(record);
  setTimeout(() => told.close(), 1000);
};

const said = ({ grants }: ConsentRecord): string => {
  const names = grantedPurposes(grants).slice(1);
  return names.length === 0 ? "nothing granted" : `${names.join(", ")} granted`;
};

/** The engine keeps each decision in a cookie: there it shows what it has understood. */
async function doubtOf(
  context: BrowserContext,
  { cookies: { consent }, consent: { version } }: Statement,
  meant: ConsentRecord,
): Promise<string | null> {
  const until = Date.now() + KEPT_MS;
  let kept: ConsentRecord | null = null;
  do {
    const cookie = (await context.cookies()).find(({ name }) => name === consent);
    kept = decodeConsentCookie(cookie?.value);
    if (kept !== null && said(kept) === said(meant) && kept.policyVersion === meant.policyVersion)
      return null;
    await sleep(20);
  } while (Date.now() < until);
  if (kept === null)
    return `The page kept no decision in the cookie ${consent}: it runs no Attune engine, or one with another /site or /cookies than the policy file says.`;
  if (kept.policyVersion !== meant.policyVersion)
    return `The page asks under policy version ${kept.policyVersion}, the policy file says ${version}: decisions under another version do not count.`;
  return `The page kept another decision than was made: ${said(kept)} instead of ${said(meant)}. See that /consent of the policy file is the policy that the page is given.`;
}
