import type {
  Cancellation,
  CaptureSink,
  DeviceStorage,
  Environment,
  Note,
  QueueItem,
  SendOutcome,
} from "../src/ports/environment.js";
import { seededRandom } from "../src/kernel/random.js";

export interface Sent {
  at: number;
  last: boolean;
  signal: Cancellation;
  items: readonly QueueItem[];
}

/** A device that outlives the engines on it: cookies and a database in memory, as strict about time as a test wants. */
export function fakeDevice() {
  return {
    cookies: new Map<string, string>(),
    values: new Map<string, unknown>(),
    queue: new Map<string, QueueItem>(),
    notes: new Map<string, Note>(),
    /** Pages that are open on it, and hear each other. */
    pages: new Set<(missed: boolean) => void>(),
    /** Every touch, in order: `cookie:write:visitor`, `storage:set`, `send`, … */
    log: [] as string[],
  };
}

export type FakeDevice = ReturnType<typeof fakeDevice>;

/** Manual time: timers run when the test moves the clock, and promises get their turns in between. */
export function fakeTime(start = 1_700_000_000_000) {
  let now = start;
  let handles = 0;
  const tasks = new Map<number, { at: number; task: () => void }>();
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) await Promise.resolve();
  };
  return {
    clock: { now: () => now },
    timers: {
      set(task: () => void, ms: number): unknown {
        tasks.set(++handles, { at: now + Math.max(0, ms), task });
        return handles;
      },
      clear: (handle: unknown) => void tasks.delete(handle as number),
    },
    settle,
    /** Moves on, running what is due in its order. */
    async advance(ms: number): Promise<void> {
      const end = now + ms;
      for (;;) {
        await settle();
        const [next] = [...tasks].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
        if (!next) break;
        tasks.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].task();
      }
      now = end;
      await settle();
    },
  };
}

export interface FakeOptions {
  device?: FakeDevice;
  time?: ReturnType<typeof fakeTime>;
  gpc?: boolean;
  region?: string;
  storage?: "works" | "fails" | "none";
  answer?: (sent: Sent, count: number) => SendOutcome | Promise<SendOutcome>;
  ruleset?: unknown;
  url?: string;
  /** Of the page's chance (default 7): pages of one device must not make the same ids. */
  seed?: number;
}

/** An environment in memory. What is under test is the engine; this only writes down how it was used. */
export function fakeEnvironment(options: FakeOptions = {}) {
  const {
    device = fakeDevice(),
    time = fakeTime(),
    storage: mode = "works",
    url = "https://shop.example/hats?utm_source=mail",
  } = options;
  const sent: Sent[] = [];
  const consents: { visitorId: string; record: unknown }[] = [];
  const errors: unknown[] = [];
  let hide = (_leaves: boolean): void => undefined;
  let sink: CaptureSink | null = null;
  let alive = true;
  let hears = true;
  let missed = false;
  let hear: ((missed: boolean) => void) | null = null;
  const said = <T>(what: string, value: T): T => {
    device.log.push(what);
    return value;
  };
  const touch = async <T>(what: string, task: () => T): Promise<T> => {
    device.log.push(`storage:${what}`);
    if (mode === "fails") throw new Error("storage refused");
    return task();
  };
  const storage: DeviceStorage = {
    get: (key) => touch("get", () => structuredClone(device.values.get(key))),
    set: (key, value) => touch("set", () => void device.values.set(key, structuredClone(value))),
    enqueue: (items, notes = []) =>
      touch("enqueue", () => {
        for (const item of items) device.queue.set(item.id, structuredClone(item));
        for (const note of notes) device.notes.set(note.id, structuredClone(note));
        return 0;
      }),
    merge: (key, make) =>
      touch(make ? "merge" : "look", () => {
        const notes = [...device.notes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
        const found = structuredClone({ value: device.values.get(key), notes });
        const next = structuredClone(make?.(found));
        if (next === undefined) return found;
        device.values.set(key, next);
        device.notes.clear();
        return { value: structuredClone(next), notes: [] };
      }),
    share(listener) {
      const mine = (isBack: boolean): void => {
        if (hears) listener(isBack);
        else missed = true;
      };
      hear = listener;
      device.pages.add(mine);
      return {
        tell() {
          for (const page of device.pages) if (page !== mine) void Promise.resolve().then(() => page(false));
        },
        rest: () => void device.log.push("storage:rest"),
        end: () => void device.pages.delete(mine),
      };
    },
    peek: (limit) =>
      touch("peek", () => [...device.queue.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)),
    remove: (ids) => touch("remove", () => ids.forEach((id) => device.queue.delete(id))),
    destroy: () =>
      touch("destroy", () => {
        device.values.clear();
        device.queue.clear();
        device.notes.clear();
      }),
    close: () => void device.log.push("storage:close"),
  };
  const environment: Environment = {
    clock: time.clock,
    timers: { ...time.timers, set: (task, ms) => time.timers.set(() => void (alive && task()), ms) },
    random: seededRandom(options.seed ?? 7),
    tzOffset: () => 60,
    privacy: { gpc: options.gpc ?? false, ...(options.region ? { region: options.region } : {}) },
    cookies: {
      read: (name) => said(`cookie:read:${name}`, device.cookies.get(name) ?? null),
      write: (name, value) => void said(`cookie:write:${name}`, device.cookies.set(name, value)),
      remove: (name) => void said(`cookie:remove:${name}`, device.cookies.delete(name)),
    },
    page: {
      read: () => ({
        url,
        referrer: "https://search.example/q?x=1",
        title: "Hats",
        viewport: { width: 800, height: 600 },
        language: "en-GB",
        device: "desktop",
      }),
    },
    network: {
      async send(items, { last, signal }) {
        const entry = { at: time.clock.now(), last, signal, items: structuredClone(items) };
        said("send", sent.push(entry));
        return (await options.answer?.(entry, sent.length)) ?? { status: "done", rejected: [] };
      },
      sendConsent: async (message) => void said("send-consent", consents.push(structuredClone(message))),
      fetchRuleset: async () => said("fetch-ruleset", options.ruleset ?? null),
      onHide(listener) {
        hide = listener;
        return () => {
          hide = () => undefined;
        };
      },
    },
    capture(given) {
      sink = given;
      device.log.push("capture:start");
      return () => {
        sink = null;
        device.log.push("capture:stop");
      };
    },
    report: (error) => void errors.push(error),
    ...(mode === "none" ? {} : { storage }),
  };
  return {
    environment,
    device,
    time,
    sent,
    consents,
    errors,
    hide: (leaves = false) => hide(leaves),
    /** From now on no timer of this page runs any more. */
    kill: () => void (alive = false),
    /** Whether the page hears the others; where it does again, it is said to have missed something. */
    hears(does: boolean): void {
      hears = does;
      if (does && missed) hear?.(true);
      missed = false;
    },
    sink: () => sink,
    /** The bodies of all events that left, in the order in which they did. */
    events: () =>
      sent.flatMap(({ items }) =>
        items.map(({ body }) => body as { id: string; name: string; [key: string]: unknown }),
      ),
  };
}
