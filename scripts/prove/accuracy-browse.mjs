/* global addEventListener, attune, document, innerHeight, requestAnimationFrame, scrollTo, scrollY, terms -- what the page has, in functions that run there */
import { BUTTON_COUNT } from "./accuracy-site.mjs";
import { chance } from "./traffic.mjs";

/** How often each kind of interaction comes, in parts of the whole. Those that take their time are rare. */
const WEIGHTS = {
  click: 40,
  nested: 14,
  shadow: 6,
  ignored: 5,
  follow: 14,
  back: 3,
  type: 6,
  submit: 4,
  copy: 4,
  fail: 2,
  rage: 2,
  scroll: 3,
  box: 1,
  view: 1,
  hover: 0.6,
  dead: 0.3,
  exit: 0.3,
  load: 0.6,
};
/** Each at least once, however short the visit is. */
const KINDS = Object.keys(WEIGHTS);
/** Those that have to be waited for. */
const SLOW = ["hover", "dead", "exit"];

/**
 * Browses by real input, and writes down what each step has to tell.
 *
 * @returns {Promise<{ ledger: object[], longTasks: number[], longFrames: { duration: number, ours: number, what: string[] }[], done: number }>} The interactions, the page's tasks and its frames of more than 50 ms.
 */
export async function browse(page, { url, interactions, seed, isQuick, onProgress }) {
  const random = chance(seed);
  const pick = (items) => items[Math.floor(random() * items.length)];
  const visit = createVisit(page, { url, pick });
  const kinds = isQuick ? KINDS.filter((kind) => !SLOW.includes(kind)) : KINDS;
  const plan = [...kinds];
  const total = kinds.reduce((sum, kind) => sum + WEIGHTS[kind], 0);
  while (plan.length < interactions) {
    let place = random() * total;
    plan.push(kinds.find((kind) => (place -= WEIGHTS[kind]) < 0) ?? "click");
  }
  await visit.arrived();
  let done = 0;
  for (const kind of plan) {
    if (done >= interactions) break;
    done += await visit.steps[kind]();
    if (done % 500 < 3) onProgress(`${done} interactions`);
  }
  await visit.leave();
  return { ledger: visit.ledger, longTasks: visit.longTasks, longFrames: visit.longFrames, done };
}

function createVisit(page, { url, pick }) {
  const ledger = [];
  const longTasks = [];
  const longFrames = [];
  let path = "/welcome";
  let serial = 0;
  let history = [];
  const places = new Map();
  /** Of the page at hand. */
  let state;
  const tell = (name, properties = {}, element = null, at = path) =>
    ledger.push({ name, path: at, element, properties });
  const clicked = (id, name = null, text = null) => tell("Element Clicked", {}, [id, name, text]);
  const nameOf = (i) => (i % 3 === 0 ? `offer-${i}` : null);
  const button = (i) => [`button-${i}`, nameOf(i), `Offer ${i}`];

  /** Where things are does not change, so the page is asked once. */
  async function centre(selector) {
    if (!places.has(selector)) {
      const { x, y, width, height } = await page.locator(selector).boundingBox();
      places.set(selector, { x: x + width / 2, y: y + height / 2 });
    }
    const place = places.get(selector);
    return { x: place.x, y: place.y };
  }
  async function top() {
    if (!state.isDown) return;
    await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
    await frame();
    state.isDown = false;
  }
  const frame = () =>
    page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  async function press(selector) {
    await top();
    const { x, y } = await centre(selector);
    await page.mouse.click(x, y);
  }
  function begin() {
    state = {
      isDown: false,
      form: null,
      isViewed: state?.isViewed ?? false,
      depths: new Map(),
      since: Date.now(),
      hasExited: false,
      failed: false,
      heldUntil: 0,
    };
  }
  const held = () => page.waitForTimeout(Math.max(0, state.heldUntil - Date.now()));
  /** What a page tells when it is left, in the order of nothing in particular. */
  function end() {
    for (const [key, { properties, element }] of state.depths)
      tell(key.split(" of ")[0], properties, element);
    if (state.form !== null) tell("Form Abandoned", { form: "order", ...state.form }, ["order", null, null]);
  }
  const arrived = async () => {
    begin();
    tell("Page Viewed");
    // The title is told with the view, behind the address.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 5)));
  };
  /** Of the page that is about to be left. */
  async function noteLong() {
    const long = await page.evaluate(() => ({ tasks: longTasks, frames: longFrames }));
    longTasks.push(...long.tasks);
    longFrames.push(...long.frames);
  }
  async function load() {
    await held();
    await noteLong();
    end();
    path = `/load-${++serial}`;
    history = [];
    await page.goto(url + path);
    await page.evaluate(async () => {
      await attune.ready();
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    state.isViewed = false;
    await arrived();
    return 1;
  }
  const deepen = (name, depth, properties, element) => {
    const known = state.depths.get(name)?.properties.depth ?? 0;
    const deepest = Math.max(known, Math.round(Math.min(1, depth) * 1000) / 1000);
    state.depths.set(name, { properties: { ...properties, depth: deepest }, element });
  };
  const wheel = async (by) => {
    await page.mouse.wheel(0, by);
    let before = -1;
    // A wheel's way is animated.
    for (;;) {
      const now = await page.evaluate(() => scrollY + document.querySelector("#terms").scrollTop);
      if (now === before) break;
      before = now;
      await page.waitForTimeout(60);
    }
    await frame();
    return page.evaluate(() => ({
      depth: (scrollY + innerHeight) / document.documentElement.scrollHeight,
      inner: (terms.scrollTop + terms.clientHeight) / terms.scrollHeight,
      y: scrollY,
    }));
  };

  const steps = {
    async click() {
      const i = pick([...Array(BUTTON_COUNT).keys()]);
      // Never thrice on one spot: that would be rage.
      if (state.last === i) return steps.shadow();
      state.last = i;
      await press(`#button-${i}`);
      clicked(...button(i));
      return 1;
    },
    async nested() {
      const i = pick([...Array(BUTTON_COUNT).keys()]);
      if (state.last === i) return steps.ignored();
      state.last = i;
      await press(`#button-${i} b`);
      clicked(...button(i));
      return 1;
    },
    async shadow() {
      if (state.last === "shadow") return steps.ignored();
      state.last = "shadow";
      await press("#in-shadow");
      clicked("in-shadow", null, "In shadow");
      return 1;
    },
    async ignored() {
      await press("#private");
      return 1;
    },
    async follow() {
      await held();
      const i = pick([0, 1, 2, 3]);
      const next = `/shelf-${++serial}`;
      await page.evaluate((address) => {
        globalThis.next = address;
      }, next);
      await press(`#link-${i}`);
      clicked(`link-${i}`, null, `Shelf ${i}`);
      end();
      history.push(path);
      path = next;
      await arrived();
      return 2;
    },
    async back() {
      if (history.length === 0) return steps.follow();
      await held();
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            addEventListener("popstate", () => setTimeout(resolve), { once: true });
            globalThis.history.back();
          }),
      );
      end();
      path = history.pop();
      await arrived();
      return 1;
    },
    async type() {
      const field = pick(["city", "card"]);
      // What a field is called is not told where that sounds personal.
      const isTold = field === "city";
      await press(`#${field}`);
      clicked(isTold ? field : null);
      await page.keyboard.type("x");
      const told = isTold ? { field } : {};
      if (state.form === null) tell("Form Started", { form: "order", ...told }, ["order", null, null]);
      state.form = told;
      state.last = field;
      return 2;
    },
    async submit() {
      await press("#send");
      clicked("send", null, "Send");
      tell("Form Submitted", { form: "order" }, ["order", null, null]);
      state.form = null;
      state.last = "send";
      return 1;
    },
    async copy() {
      await top();
      const { x, y } = await centre("#words");
      await page.mouse.dblclick(x, y);
      await page.keyboard.press("Control+c");
      for (let i = 0; i < 2; i++) clicked("words");
      tell("Text Copied", {}, ["words", null, null]);
      state.last = "words";
      return 3;
    },
    async fail() {
      if (state.last === "fails") return steps.click();
      await press("#fails");
      clicked("fails", null, "Fails");
      if (!state.failed)
        tell("Page Error Reported", {
          type: "TypeError",
          message: `failure ${path}`,
          kind: "error",
          origin: url,
        });
      state.failed = true;
      state.last = "fails";
      return 1;
    },
    async rage() {
      if (state.last === 7) return steps.submit();
      await top();
      const { x, y } = await centre("#button-7");
      await page.mouse.move(x, y);
      for (let i = 1; i <= 3; i++) {
        await page.mouse.down({ clickCount: i });
        await page.mouse.up({ clickCount: i });
        clicked(...button(7));
      }
      tell("Page Rage Clicked", {}, ["button-7", null, null]);
      state.last = 7;
      return 3;
    },
    async scroll() {
      const { x } = await centre("#words");
      await page.mouse.move(x, 650);
      const { depth, y } = await wheel(pick([300, 700, 1500]));
      state.isDown = y > 0;
      deepen("Page Scrolled", depth, {}, null);
      if (y + 700 > 4650) seen();
      return 1;
    },
    async box() {
      await top();
      const { x, y } = await centre("#terms");
      await page.mouse.move(x, y);
      const { inner, depth, y: down } = await wheel(pick([120, 260]));
      deepen("Element Scrolled of terms", inner, { name: "terms" }, ["terms", "terms", null]);
      if (down > 0) deepen("Page Scrolled", depth, {}, null);
      state.isDown = down > 0;
      return 1;
    },
    async view() {
      const { x } = await centre("#words");
      await page.mouse.move(x, 650);
      const { depth } = await wheel(6000);
      state.isDown = true;
      deepen("Page Scrolled", depth, {}, null);
      seen();
      return 1;
    },
    async hover() {
      await top();
      const { x, y } = await centre("#price");
      await page.mouse.move(x, y);
      await page.waitForTimeout(700);
      tell("Element Hovered", { name: "price" }, ["price", "price", null]);
      await page.mouse.move(x, y + 400);
      return 1;
    },
    async dead() {
      await press("#dead");
      clicked("dead", null, "Nothing");
      tell("Page Dead Clicked", {}, ["dead", null, null]);
      state.last = "dead";
      // Whatever follows within a second would count as its effect, and leaving the page as well until it is told.
      state.heldUntil = Date.now() + 3400;
      await page.waitForTimeout(1100);
      return 1;
    },
    async exit() {
      if (state.hasExited) return steps.click();
      await page.waitForTimeout(Math.max(0, 2200 - (Date.now() - state.since)));
      await page.mouse.move(500, 60);
      await page.mouse.move(500, -5);
      tell("Page Exit Intended", { method: "pointer" });
      state.hasExited = true;
      await page.mouse.move(500, 60);
      return 1;
    },
    load,
  };
  /** Once for each document. */
  function seen() {
    if (!state.isViewed) tell("Element Viewed", { name: "footer" }, ["footer", "footer", null]);
    state.isViewed = true;
  }
  return {
    ledger,
    longTasks,
    longFrames,
    steps,
    arrived,
    async leave() {
      await held();
      await noteLong();
      end();
    },
  };
}
