import { isAttuneError } from "@attune/core";
import { closedError } from "./errors.js";
import { ATTEMPT_MS, type Subscription, type SubscriptionEvents } from "./subscription.js";
import { within } from "./within.js";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

export interface SubscriberOptions {
  /** Makes a subscription; `turn` counts the attempts. */
  start(turn: number, events: SubscriptionEvents): Promise<Subscription>;
  /** How long a caller waits for a subscription that does not come about, ms. */
  patienceMs: number;
  message(channel: string, text: string): void;
  /** Messages of these channels may have been lost; what is published from now on will come. */
  lost(channels: readonly string[]): void;
}

/** Stays subscribed to what is wanted, through every loss of its connection. */
export interface Subscriber {
  add(channels: readonly string[]): Promise<void>;
  remove(channels: readonly string[]): Promise<void>;
  close(): void;
}

export function redisSubscriber(options: SubscriberOptions): Subscriber {
  const wanted = new Set<string>();
  let current: Subscription | null = null;
  let opening: Promise<void> | null = null;
  let isClosed = false;
  let turn = 0;

  const attempt = async (): Promise<Subscription | null> => {
    let isBroken = false;
    let made: Subscription | null = null;
    const broken = (): void => {
      isBroken = true;
      if (made !== null && made === current) replace();
    };
    try {
      made = await options.start(turn++, { message: options.message, broken });
      await within(made.add([...wanted]), ATTEMPT_MS);
    } catch {
      isBroken = true;
    }
    if (!isBroken && !isClosed) return made;
    made?.end();
    return null;
  };
  /** Tries until it stands. */
  const open = async (isAgain: boolean): Promise<void> => {
    for (let tries = 0; !isClosed; tries++) {
      const before = [...wanted];
      current = await attempt();
      if (current !== null) {
        if (isAgain && before.length > 0) options.lost(before.filter((channel) => wanted.has(channel)));
        return;
      }
      await sleep(Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS));
    }
  };
  const replace = (): void => {
    current?.end();
    current = null;
    if (!isClosed) opening = open(true);
  };

  return {
    async add(channels) {
      for (const channel of channels) wanted.add(channel);
      const until = performance.now() + options.patienceMs;
      for (;;) {
        opening ??= open(false);
        await within(opening, until - performance.now());
        if (isClosed) throw closedError("CHANNEL");
        // It may have broken again in the meantime, and its successor is then on its way.
        const there = current;
        if (there === null) continue;
        try {
          await within(there.add(channels), until - performance.now());
          return;
        } catch (error) {
          if (isAttuneError(error) || there === current) throw error;
        }
      }
    },
    async remove(channels) {
      for (const channel of channels) wanted.delete(channel);
      if (current === null) return;
      // Where it fails the connection is broken, and its successor does not know of them; what comes late is of no topic.
      await within(current.remove(channels), ATTEMPT_MS).catch(() => undefined);
    },
    close() {
      isClosed = true;
      current?.end();
      current = null;
    },
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
