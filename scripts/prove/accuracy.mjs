/* global attune, document, window -- what the page has, in functions that run there */
import { chromium } from "playwright-core";
import { browse } from "./accuracy-browse.mjs";
import { startSite } from "./accuracy-site.mjs";
import { SECRET_KEY, startServer } from "./server.mjs";
import { figuresOf } from "./traffic.mjs";

const ARGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  ...["--disable-sync", "--no-first-run"],
];
const SHARE = 0.995;
/** What one event may cost the main thread, in listeners: both in the middle and on average, ms. */
const EVENT_MS = 0.5;
/** From here on a browser calls a task long. */
const LONG_MS = 50;

/**
 * A visit by real input (mouse, wheel and keys, as the browser's own input events) of which is known what it has to tell, compared with
 * what has arrived at a real server: each interaction once, with its values.
 *
 * @param {{ interactions: number, seed?: number, isQuick?: boolean, chromiumPath?: string, onProgress?: (text: string) => void }} options `isQuick`: without the kinds that have to be waited for.
 */
export async function accuracy({
  interactions,
  seed = 1,
  isQuick = false,
  chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium",
  onProgress = () => undefined,
}) {
  const [server, browser] = await Promise.all([
    startServer({ store: "memory", log: "none" }),
    chromium.launch({ executablePath: chromiumPath, args: ARGS }),
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
    await browser.startTracing(page, { categories: ["toplevel"] });
    const began = performance.now();
    const { ledger, longTasks, longFrames, done } = await browse(page, {
      url: site.url,
      interactions,
      seed,
      isQuick,
      onProgress,
    });
    const visitMs = performance.now() - began;
    const longestTask = longestOf(await browser.stopTracing(), visitMs);
    await page.goto("about:blank");
    const events = await arrived(server, visitor, ledger.length);
    const pageErrors = errors.filter((message) => !message.startsWith("failure "));
    const found = compared(ledger, events);
    const { ours, what } = longFrames.toSorted((a, b) => b.ours - a.ours)[0] ?? { ours: 0, what: [] };
    return {
      ...found,
      problems: [...found.problems, ...tooLong(longestTask)],
      ...{ interactions: done, longestTask, longTasks, ownLongest: { ours, what }, pageErrors, seed },
    };
  } finally {
    await browser.close();
    await site.close();
    await server.kill();
  }
}

const tooLong = (ms) =>
  ms > LONG_MS ? [`a task of the page took ${ms} ms of its thread's own time, more than ${LONG_MS}`] : [];

/** The longest task of a page's main thread in a trace, in ms of the thread's own time: what else the machine does is not in it. */
function longestOf(trace, visitMs) {
  const { traceEvents } = JSON.parse(trace.toString());
  const threadOf = ({ pid, tid }) => `${pid} ${tid}`;
  const isMain = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(threadOf),
  );
  const tasks = traceEvents.filter((event) => /RunTask$/.test(event.name) && isMain.has(threadOf(event)));
  const lastMs = tasks.reduce((last, { ts }) => Math.max(last, ts), 0) / 1000;
  const firstMs = tasks.reduce((first, { ts }) => Math.min(first, ts), Number.POSITIVE_INFINITY) / 1000;
  // A trace without tasks, or one whose buffer was full too soon, would show anything.
  if (tasks.length < 1000 || lastMs - firstMs < 0.9 * visitMs)
    throw new Error(`The trace holds ${tasks.length} tasks in ${lastMs - firstMs} of ${visitMs} ms.`);
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur), 0) / 1000;
}

/**
 * What a click costs the page's main thread.
 *
 * @param {{ clicks: number, chromiumPath?: string }} options
 */
export async function captureCost({ clicks, chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium" }) {
  const [server, browser] = await Promise.all([
    startServer({ store: "memory", log: "none" }),
    chromium.launch({ executablePath: chromiumPath, args: ARGS }),
  ]);
  const site = await startSite(server.port);
  try {
    const cost = await costOfClicks(browser, site.url, clicks);
    const problems = ["p50", "mean"]
      .filter((what) => !(cost.listeners[what] <= EVENT_MS))
      .map((what) => `${cost.listeners[what]} ms in listeners (${what}), more than ${EVENT_MS}`);
    return { ...cost, problems };
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

const POLL_MS = 150;

/** Waits until nothing more has come for a second, or for three where something is still missing; in the order in which they happened. */
async function arrived(server, visitor, least) {
  let events = [];
  let still = 0;
  while (still < (events.length >= least ? 1000 : 3000)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const now = await eventsOf(server, visitor);
    still = now.length === events.length ? still + POLL_MS : 0;
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
 * What one click costs the page's main thread, ms. `listeners`: all listeners of the library together, after which the
 * event is minimised, folded and on its way to the queue (wall clock); `inARow`: the same of clicks by a script, one right after the other, so that code and data are
 * still in the processor's caches and no process has to be woken. `script` and `tasks`: CPU time that a click takes more than on a page
 * without Attune, with all that follows it: IndexedDB, requests, frames.
 */
async function costOfClicks(browser, url, clicks) {
  const cost = { none: [], on: [] };
  let listeners = null;
  let inARow = null;
  for (const capture of ["none", "on", "none", "on"]) {
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    await context.addInitScript(timeListeners);
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
      const read = (wanted) => metrics.find(({ name }) => name === wanted).value * 1000;
      return { script: read("ScriptDuration"), tasks: read("TaskDuration") };
    };
    // Code is compiled before it counts.
    await click(Math.ceil(clicks / 5));
    await page.evaluate(() => {
      globalThis.listenerMs.length = 0;
    });
    const before = await busy();
    await click(clicks);
    const after = await busy();
    cost[capture].push({
      script: (after.script - before.script) / clicks,
      tasks: (after.tasks - before.tasks) / clicks,
    });
    if (capture === "on") {
      const spent = await page.evaluate(() => globalThis.listenerMs);
      const mean = spent.reduce((sum, ms) => sum + ms, 0) / spent.length;
      listeners = { ...figuresOf(spent), mean: Math.round(mean * 1000) / 1000 };
      const row = await page.evaluate((count) => {
        globalThis.listenerMs.length = 0;
        for (let i = 0; i < count; i++) document.querySelector("#button-1").click();
        return globalThis.listenerMs;
      }, clicks);
      inARow = figuresOf(row);
    }
    await context.close();
  }
  const least = (capture, what) => Math.min(...cost[capture].map((each) => each[what]));
  const more = (what) => Math.round((least("on", what) - least("none", what)) * 1000) / 1000;
  return { listeners, inARow, script: more("script"), tasks: more("tasks") };
}

/** In the page, before its scripts: notes how long the listeners of each click on the document or the window take together. The page itself has none there. */
function timeListeners() {
  const spent = [];
  globalThis.listenerMs = spent;
  let latest = null;
  const add = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    const isOurs =
      type === "click" && (this === document || this === window) && typeof listener === "function";
    if (!isOurs) return add.call(this, type, listener, options);
    const timed = (event) => {
      const started = performance.now();
      listener.call(this, event);
      const ms = performance.now() - started;
      if (event === latest && spent.length > 0) spent[spent.length - 1] += ms;
      else spent.push(ms);
      latest = event;
    };
    return add.call(this, type, timed, options);
  };
}
