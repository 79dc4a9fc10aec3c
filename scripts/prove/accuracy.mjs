import { chromium } from "playwright-core";
import { browse } from "./accuracy-browse.mjs";
import { startSite } from "./accuracy-site.mjs";
import { SECRET_KEY, startServer } from "./server.mjs";

const ARGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  ...["--disable-sync", "--no-first-run"],
];
const SHARE = 0.995;

/**
 * A visit by real input (mouse, wheel and keys, as the browser's own input events) of which is known what it has to tell, compared with
 * what has arrived at a real server: each interaction once, with its values; and what capture costs the page's main thread.
 *
 * @param {{ interactions: number, seed?: number, costOf?: number, onProgress?: (text: string) => void }} options `costOf`: clicks to measure the cost by (default none).
 */
export async function accuracy({ interactions, seed = 1, costOf = 0, onProgress = () => undefined }) {
  const [server, browser] = await Promise.all([
    startServer({ store: "memory", log: "none" }),
    chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGS }),
  ]);
  const site = await startSite(server.port);
  try {
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, locale: "en-GB" });
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto(`${site.url}/welcome`);
    const visitor = await page.evaluate(async () => {
      await attune.ready();
      await attune.consent.grant("all");
      return attune.visitor().id;
    });
    const { ledger, longTasks, done } = await browse(page, { url: site.url, interactions, seed, onProgress });
    await page.goto("about:blank");
    const events = await arrived(server, visitor, ledger.length);
    const cost = costOf > 0 ? await costOfClicks(browser, site.url, costOf) : null;
    const own = errors.filter((message) => !message.startsWith("failure "));
    return { ...compared(ledger, events), interactions: done, longTasks, cost, pageErrors: own, seed };
  } finally {
    await browser.close();
    await site.close();
    await server.kill();
  }
}

const eventsOf = async (server, visitor) => {
  const answer = await fetch(`${server.url}/api/v1/behavioral/data/${visitor}/export`, {
    headers: { authorization: `Bearer ${SECRET_KEY}` },
  });
  const { visitors = [] } = await answer.json();
  return visitors.flatMap(({ events }) => events);
};

/** Waits until nothing more comes. */
async function arrived(server, visitor, least) {
  let events = [];
  for (let still = 0, tries = 0; still < 3 && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const now = await eventsOf(server, visitor);
    still = now.length === events.length && now.length >= least ? still + 1 : still + (tries > 30 ? 1 : 0);
    events = now;
  }
  return events.sort((a, b) => a.seq - b.seq);
}

/** What identifies one interaction: nearly all have an address of their own, so that a lost one and a double one cannot make up for each other. */
const keyOf = ({ name, path, element = null, properties }) =>
  JSON.stringify([name, path, element, Object.entries(properties).sort()]);

/** An event as the ledger has it: without the context that all share, and without times that nobody can foresee. */
function reduced({ name, properties: { durationMs: _, ...properties }, context }) {
  const { path } = context.page ?? {};
  const { id, name: told, text } = context.element ?? {};
  return { name, path, element: context.element ? [id, told ?? null, text ?? null] : null, properties };
}

/** Told of time, not of interactions. */
const OF_TIME = ["Page Engaged", "Page Vitals Reported"];

/** Depths come in steps on the way; what is known is how deep it came in the end. */
const DEPTHS = ["Page Scrolled", "Element Scrolled"];

function compared(ledger, events) {
  const told = events.filter(({ name }) => !OF_TIME.includes(name)).map(reduced);
  const found = [];
  const deepest = new Map();
  for (const event of told) {
    if (!DEPTHS.includes(event.name)) {
      found.push(event);
      continue;
    }
    const { depth, ...rest } = event.properties;
    const key = keyOf({ ...event, properties: rest });
    const known = deepest.get(key);
    if (known && depth <= known.properties.depth) {
      // Each is deeper than the one before, or it was told twice.
      found.push(event);
      continue;
    }
    if (known) known.properties.depth = depth;
    else {
      deepest.set(key, event);
      found.push(event);
    }
  }
  const counts = new Map();
  const add = (key, amount) => counts.set(key, (counts.get(key) ?? 0) + amount);
  for (const event of found) add(keyOf(event), 1);
  for (const entry of ledger) add(keyOf(entry), -1);
  const missing = [...counts].filter(([, count]) => count < 0);
  const surplus = [...counts].filter(([, count]) => count > 0);
  const sum = (entries) => entries.reduce((total, [, count]) => total + Math.abs(count), 0);
  const right = ledger.length - sum(missing);
  const ids = new Set(events.map(({ id }) => id));
  const share = right / ledger.length;
  const problems = [];
  if (share < SHARE) problems.push(`only ${right} of ${ledger.length} arrived once with right values`);
  if (sum(surplus) > (1 - SHARE) * ledger.length)
    problems.push(`${sum(surplus)} arrived that did not happen`);
  if (ids.size !== events.length) problems.push(`${events.length - ids.size} are stored twice`);
  return {
    expected: ledger.length,
    right,
    share,
    missing: missing.map(([key]) => key),
    surplus: surplus.map(([key]) => key),
    inOrder: sameOrder(ledger, told),
    events: events.length,
    byName: counted(events),
    problems,
  };
}

function counted(events) {
  const counts = {};
  for (const { name } of events) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Whether clicks and page views come in the order in which they happened. */
function sameOrder(ledger, told) {
  const line = (entries) =>
    entries.filter(({ name }) => name === "Element Clicked" || name === "Page Viewed").map(keyOf);
  return line(ledger).join("\n") === line(told).join("\n");
}

/**
 * What one click costs the main thread: CPU time of all its tasks over so many clicks on a page without Attune, with an engine that captures
 * nothing, and with capture; ms per click.
 */
async function costOfClicks(browser, url, clicks) {
  const costs = {};
  for (const capture of ["none", "off", "on", "none", "off", "on"]) {
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    const page = await context.newPage();
    await page.goto(`${url}/cost?capture=${capture}`);
    await page.evaluate(async () => {
      await globalThis.attune?.ready();
      await globalThis.attune?.consent.grant("all");
    });
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const { x, y } = await page.locator("#button-1").boundingBox();
    const click = async (count) => {
      for (let i = 0; i < count; i++) await page.mouse.click(x + 4 + (i % 2), y + 4);
      await page.waitForTimeout(1500);
    };
    const busy = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
    };
    // Code is compiled before it counts.
    await click(Math.ceil(clicks / 5));
    const before = await busy();
    await click(clicks);
    const each = ((await busy()) - before) / clicks;
    costs[capture] = Math.min(costs[capture] ?? Number.POSITIVE_INFINITY, each);
    await context.close();
  }
  const rounded = (value) => Math.round(value * 1000) / 1000;
  return {
    pageItself: rounded(costs.none),
    idleEngine: rounded(costs.off),
    withCapture: rounded(costs.on),
    perEvent: rounded(costs.on - costs.none),
  };
}
