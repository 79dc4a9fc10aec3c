import { createHash } from "node:crypto";
import type { Clock, RandomSource } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { WebhookConfig, WebhookEvent } from "@attune/core/wire";
import { waitAfter } from "./back-off.js";
import type { News } from "./news-of.js";

/** What was written down to be sent, and what became of it. */
export interface Delivery {
  v: 1;
  id: string;
  type: WebhookEvent;
  /** As it is sent. */
  body: string;
  state: "pending" | "delivered" | "dead";
  attempts: number;
  /** Epoch ms before which it is not tried; while it is being sent, when whoever sends it is given up. */
  nextAt: number;
  /** What the receiver answered last, or a code of why nothing came; null before the first attempt. */
  answer: number | string | null;
}

/** How an attempt went: the status of an answer, or a code of why there was none. */
export type Attempt = number | string;

export interface Outbox {
  /** Writes down what is to be told and is not known yet; that from before the first call is not. */
  add(news: readonly News[]): Promise<void>;
  /**
   * Sends what is due, each message by one process, and tries again later what fails. Where it is told to end it begins no other, and what the one at hand comes to by being ended is no attempt: the next
   * process sends it.
   */
  deliver(send: (delivery: Delivery) => Promise<Attempt>, isEnding?: () => boolean): Promise<void>;
  /** What was written down within the last week. */
  all(): Promise<Delivery[]>;
}

/** What is older is not told of, and for how long it is remembered that it was; ms. */
const NEWS_MS = 3 * 86_400_000;
const KEPT_MS = 7 * 86_400_000;
/** After which another process may send it again, ms: far longer than an answer may take. */
const SENDING_MS = 60_000;
/** The receiver wants to hear no more of it. */
const GONE = 410;

export interface OutboxOptions {
  store: Store;
  clock: Clock;
  random: RandomSource;
  site: string;
  hook: Pick<WebhookConfig, "url" | "events">;
  /** Told of what is given up. */
  dead(delivery: Delivery): void;
}

const isTaken = (answer: Attempt): boolean => typeof answer === "number" && answer >= 200 && answer < 300;

/*
 * In the partition {site}/webhooks, {hook} being made of its address:
 *   {hook}/since        since when the webhook is there
 *   {hook}/m/{id}       one message
 */

/** Messages for one receiver in the store: told at least once, by whichever process, also where one dies over it. */
export function createOutbox({ store, clock, random, site, hook, dead }: OutboxOptions): Outbox {
  const partition = `${site}/webhooks`;
  const name = createHash("sha256").update(hook.url).digest("hex").slice(0, 16);
  const prefix = `${name}/m/`;
  const known = new Set<string>();
  let since: number | null = null;

  async function begin(): Promise<number> {
    const sort = `${name}/since`;
    await store.put(partition, sort, { at: clock.now() }, { ifVersion: 0 });
    return (await store.get<{ at: number }>(partition, sort))?.value.at ?? clock.now();
  }

  const bodyOf = ({ type, at, data }: News): string =>
    JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });

  async function write(news: News): Promise<void> {
    const delivery: Delivery = {
      ...{ v: 1, id: news.id, type: news.type, body: bodyOf(news), state: "pending" },
      ...{ attempts: 0, nextAt: 0, answer: null },
    };
    await store.put(partition, prefix + news.id, delivery, {
      ifVersion: 0,
      expiresAt: clock.now() + KEPT_MS,
    });
  }

  function after(delivery: Delivery, answer: Attempt): Delivery {
    if (isTaken(answer)) return { ...delivery, state: "delivered", answer };
    const wait = answer === GONE ? null : waitAfter(delivery.attempts, random);
    if (wait === null) return { ...delivery, state: "dead", answer };
    return { ...delivery, nextAt: clock.now() + wait, answer };
  }

  return {
    async add(news) {
      since ??= await begin();
      const from = Math.max(since, clock.now() - NEWS_MS);
      for (const one of news) {
        if (one.at < from || known.has(one.id)) continue;
        if (hook.events === undefined || hook.events.includes(one.type)) await write(one);
        known.add(one.id);
      }
    },
    async deliver(send, isEnding = () => false) {
      for await (const { sort, value, version } of store.scan<Delivery>(partition, { prefix })) {
        if (isEnding()) return;
        const now = clock.now();
        if (value.state !== "pending" || value.nextAt > now) continue;
        const expiresAt = now + KEPT_MS;
        const taken = { ...value, attempts: value.attempts + 1, nextAt: now + SENDING_MS };
        const claim = await store.put(partition, sort, taken, { ifVersion: version, expiresAt });
        if (!claim.written) continue;
        const answer = await send(taken);
        const isCut = isEnding() && !isTaken(answer);
        const next = isCut ? value : after(taken, answer);
        const ended = await store.put(partition, sort, next, { ifVersion: claim.version, expiresAt });
        // Where it is another's by now, that one tells.
        if (ended.written && next.state === "dead") dead(next);
      }
    },
    async all() {
      const found: Delivery[] = [];
      for await (const { value } of store.scan<Delivery>(partition, { prefix })) found.push(value);
      return found;
    },
  };
}
