import { setTimeout as sleep } from "node:timers/promises";
import { AttuneError } from "@attune/core";
import { recordEgress } from "@attune/core/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { decide } from "./bring-about.js";
import { createFinder, type Markers, markersOf } from "./markers.js";
import { EMPTY_PAGE } from "./name-things.js";
import type { Plan } from "./states.js";
import type { Statement } from "./statement.js";
import type { Visit } from "./types.js";
import { linksOf, tellOfLeaving, usePage } from "./use-page.js";
import { createWatch, type Watch } from "./watch.js";

/** How long an address may take to answer, ms. */
const LOAD_MS = 30_000;
/** A page may end what it has begun before consent was withdrawn: 100 ms, and as much again for the instruments. */
const GRACE_MS = 200;

export interface VisitOptions {
  browser: Browser;
  url: string;
  statement: Statement;
  plan: Plan;
  markers: Markers;
  /** How many links are followed where the site names no paths. */
  links: number;
  /** How long the whole visit lasts at least, shared among its pages, ms. */
  ms: number;
}

/** One visit of a new visitor, from an empty device to the last look at what is left on it. */
export async function visit(options: VisitOptions): Promise<Visit> {
  const { browser, plan, markers, url, statement } = options;
  const context = await browser.newContext({
    locale: "en-GB",
    viewport: { width: 1280, height: 800 },
    ...(plan.gpc && { extraHTTPHeaders: { "Sec-GPC": "1" } }),
  });
  try {
    if (plan.gpc) await context.addInitScript(GPC);
    const recorder = recordEgress();
    await context.addInitScript(recorder.script);
    const find = createFinder(markersOf(markers));
    const watch = createWatch({ context, recorder, pageUrl: url, own: statement.own, find });
    const page = await context.newPage();
    // A question of the page's would stop everything.
    page.on("dialog", (dialog) => void dialog.dismiss().catch(() => undefined));
    return await walk({ ...options, context, watch, page });
  } finally {
    await context.close();
  }
}

const GPC = `Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true, configurable: true });`;

interface Walk extends VisitOptions {
  context: BrowserContext;
  watch: Watch;
  page: Page;
}

async function walk({
  context,
  watch,
  page,
  url,
  statement,
  plan,
  markers,
  links,
  ms,
}: Walk): Promise<Visit> {
  const steps: string[] = [];
  const doubts: string[] = [];
  const phases = [plan.start];
  const [first, ...later] = plan.turns;

  const leave = async (): Promise<void> => {
    await tellOfLeaving(page);
    await watch.take(page);
  };
  const go = async (path: string): Promise<void> => {
    await leave();
    await open(page, new URL(path, url).href);
    steps.push(`Went to ${path}.`);
    await usePage(page, markers, share);
  };
  /** Whether it came about: what follows a decision that did not can be judged by nothing. */
  const turn = async (to: Plan["turns"][number], graceMs: number): Promise<boolean> => {
    // What was seen until now belongs to what held until now.
    await watch.take(page);
    const enter = (): void => {
      phases.push(to.phase);
      watch.enter(phases.length - 1);
    };
    if (graceMs === 0) enter();
    const { step, doubt } = await decide({ context, page, statement }, to);
    steps.push(step);
    if (doubt !== null) {
      doubts.push(doubt);
      steps.push("Ended the visit there.");
      return false;
    }
    if (graceMs === 0) return true;
    await sleep(graceMs);
    // What the page did in that time is taken under what held before; what is on the device then, under what holds from now on.
    await watch.take(page);
    enter();
    await watch.take(page);
    return true;
  };
  const seen = async (): Promise<Visit> => ({
    state: plan.state,
    phases,
    observations: await watch.observations(),
    steps,
    doubts: [...doubts, ...watch.doubts()],
  });

  await open(page, addressWith(url, markers), markers);
  steps.push(
    `Opened ${new URL(url).pathname} on an empty device${plan.gpc ? ", with Global Privacy Control on" : ""}, with planted values in its address and referrer.`,
  );
  const paths = statement.paths.length > 0 ? statement.paths : await linksOf(page, links);
  const stops = paths.length > 0 ? paths : [new URL(url).pathname];
  const share = ms / (1 + stops.length * (later.length > 0 ? 2 : 1));
  await usePage(page, markers, first === undefined ? share : share / 2);
  if (first !== undefined) {
    if (!(await turn(first, 0))) return seen();
    await usePage(page, markers, share / 2);
  }
  for (const path of stops) await go(path);
  for (const next of later) {
    if (!(await turn(next, GRACE_MS))) return seen();
    watch.takeOpen();
    await usePage(page, markers, share / 2);
    for (const path of stops) await go(path);
  }
  await leave();
  await lookFromOutside(page, url);
  await watch.take(page);
  steps.push("Looked at what was left on the device, from an empty page of the same host.");
  return seen();
}

const REFERRER = "https://referrer.example/from";

/** @throws AttuneError `ATTUNE_AUDIT_PAGE` where nothing, or an error, answers. */
async function open(page: Page, url: string, markers?: Markers): Promise<void> {
  const referer = markers && `${REFERRER}?email=${encodeURIComponent(markers.inReferrer.value)}`;
  const { origin, pathname } = new URL(url);
  const response = await page
    .goto(url, { timeout: LOAD_MS, waitUntil: "load", ...(referer !== undefined && { referer }) })
    .catch((cause: Error) => {
      const why = /net::\w+/.exec(cause.message)?.[0] ?? "it did not load in time";
      throw new AttuneError(
        "ATTUNE_AUDIT_PAGE",
        `${origin}${pathname} cannot be opened: ${why}. See that it is up and can be reached from here.`,
        { cause },
      );
    });
  if (response !== null && response.status() >= 400)
    throw new AttuneError(
      "ATTUNE_AUDIT_PAGE",
      `${origin}${pathname} answers ${response.status()}: name a page that is there, and /paths of the policy file that are.`,
    );
}

function addressWith(url: string, { inAddress }: Markers): string {
  const address = new URL(url);
  address.searchParams.set("email", inAddress.email.value);
  address.searchParams.set("token", inAddress.token.value);
  return address.href;
}

async function lookFromOutside(page: Page, url: string): Promise<void> {
  const address = new URL(EMPTY_PAGE, url).href;
  await page.route(address, (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Empty</title>" }),
  );
  await page.goto(address, { timeout: LOAD_MS });
}
