import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Markers } from "./markers.js";

/** A page that answers a click or a key late is not waited for, ms. */
const PATIENCE_MS = 1000;
/** How many fields of a page are typed into. */
const FIELDS = 6;
/** How long what a page does on being left may take, ms. */
const LEAVE_MS = 100;

const FIELD =
  "input:not([type]), input[type=text], input[type=search], input[type=email], input[type=tel], textarea";
/** Where a link may end the visit or change something. */
const UNSAFE = /log-?(out|off)|sign-?(out|off)|delete|remove|unsubscribe|cancel/i;

/**
 * Uses a page as a visitor might, without submitting anything: scrolls, types planted values into its fields, clicks a button that is put
 * there with a planted address for its text. Takes as long as it is told, at least.
 */
export async function usePage(page: Page, { typed, inText }: Markers, ms: number): Promise<void> {
  const rest = sleep(ms);
  await page.mouse.wheel(0, 600).catch(() => undefined);
  const fields = page.locator(FIELD);
  const count = Math.min(FIELDS, await fields.count().catch(() => 0));
  for (let index = 0; index < count; index++) {
    const field = fields.nth(index);
    const type = await field.evaluate((element) => element.getAttribute("type")).catch(() => null);
    const isLong = await field.evaluate((element) => element.localName === "textarea").catch(() => false);
    const { email, text, phone, card } = typed;
    const value = isLong
      ? `${text.value}, ${email.value}, ${phone.value}, ${card.value}`
      : type === "email"
        ? email.value
        : type === "tel"
          ? phone.value
          : [text, card, email][index % 3]?.value;
    await field.fill(value ?? "", { timeout: PATIENCE_MS }).catch(() => undefined);
  }
  await page.evaluate(putButton(inText.value)).catch(() => undefined);
  await page
    .locator("#planted-by-audit")
    .click({ timeout: PATIENCE_MS })
    .catch(() => undefined);
  await page.evaluate('document.getElementById("planted-by-audit")?.remove()').catch(() => undefined);
  await rest;
}

const putButton = (text: string): string => `{
  const button = document.createElement("button");
  button.id = "planted-by-audit";
  button.type = "button";
  button.textContent = ${JSON.stringify(text)};
  button.style.cssText = "position:fixed;top:0;left:0;z-index:2147483647";
  document.body.append(button);
}`;

/**
 * Lets the page do what it does on being left, while it can still be watched: nothing can be read of a document that is gone. It hears the
 * events that tell it so; the document itself stays.
 */
export async function tellOfLeaving(page: Page): Promise<void> {
  await page.evaluate(LEAVING).catch(() => undefined);
  await sleep(LEAVE_MS);
}

const LEAVING = `{
  Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  dispatchEvent(new Event("unload"));
}`;

/** Paths of the same origin that the page leads to, in its order, each once. */
export async function linksOf(page: Page, most: number): Promise<string[]> {
  const found = (await page.evaluate(
    `[...document.querySelectorAll("a[href]:not([download])")].map((link) => link.href)`,
  )) as string[];
  const here = new URL(page.url());
  const paths = found.flatMap((href) => {
    if (!URL.canParse(href)) return [];
    const { origin, pathname, search } = new URL(href);
    const isOther = origin === here.origin && pathname !== here.pathname && !UNSAFE.test(pathname);
    return isOther ? [pathname + search] : [];
  });
  return [...new Set(paths)].slice(0, most);
}
