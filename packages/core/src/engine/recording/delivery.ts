import { AttuneError } from "../../kernel/errors.js";
import type { RandomSource } from "../../kernel/random.js";
import type { Cancellation, Note, QueueItem, QueueWatch, SendOutcome } from "../../ports/environment.js";
import { createCancel, type Host } from "../host.js";
import type { DeliveryEntry } from "../types.js";
import { createAlarm } from "./alarm.js";
import { backOff, RETRY_AFTER_MAX_MS } from "./back-off.js";
import type { Device } from "./device.js";
import { createOutbox } from "./outbox.js";

/** At most this many in one request: bodies stay small, and a long queue still leaves quickly. */
const MAX_BATCH = 200;
/** Another page has been sending for long; look again. */
const BUSY_MS = 1000;
/** Another page is gone. What left along with it is given time to arrive, and the page after it to take over. */
const TAKE_OVER_MS = 500;
/** Nothing that the page can do makes a refused key right: it looks again after an hour. */
const REFUSED_MS = 3_600_000;
/** Where the device keeps until when the server asked its pages to wait, epoch ms. */
const WAIT = "wait";

const refusal = (code: number, detail = `status ${code}`): AttuneError =>
  new AttuneError(
    "ATTUNE_ENGINE_REFUSED",
    `The endpoint takes no events from this page (${detail}). Check the write key and the origins that it allows; the events wait.`,
  );

const asksToWait = (outcome: SendOutcome): boolean =>
  outcome.status === "retry" && outcome.afterMs !== undefined;

export interface DeliveryOptions {
  random: RandomSource;
  batchSize: number;
  intervalMs: number;
  /** The consent gate at the network's door: an event as it may be sent now, or null. */
  admit(body: unknown): unknown;
  /** Consent is looked at, where it may have changed unnoticed. */
  sync(): void;
}

/** At-least-once delivery of what the outbox holds. */
export interface Delivery {
  /** Also sends what other pages leave when they are killed. What it returns ends that. */
  watch(): () => void;
  /** Takes an event. Resolves with where it is once that is so. `note`: what goes to the device with it. */
  add(item: QueueItem, name: string, note: Note): Promise<"stored" | "memory">;
  /** Puts a note on the device, where nothing is to be sent. */
  note(note: Note): Promise<boolean>;
  /** Resolves when what was taken so far is on the device, or cannot be. */
  written(): Promise<unknown>;
  /** Sends what is there, unless the server has asked to wait. */
  flush(): Promise<void>;
  /**
   * The page may go away: sends what this page has not delivered by what survives it.
   *
   * @param leaves It does: other pages get their turn, what is under way is let go of, and taken up again should this page come back.
   */
  hide(leaves: boolean): Promise<void>;
  /** What this page still owes is no longer its own to send: the device has it, or nobody must. */
  disown(): void;
  /** Forgets everything in memory and lets go of what is under way. */
  stop(): void;
  /** No more requests on its own account. */
  close(): void;
  recent(): readonly DeliveryEntry[];
}

export function createDelivery(host: Host, device: Device, options: DeliveryOptions): Delivery {
  const { batchSize, intervalMs } = options;
  const outbox = createOutbox(host, device);
  const sender = createSender(host, device, outbox, options);
  let draining: Promise<void> | null = null;
  /** Somebody wanted to send while that was under way: it may have looked for the last time already. */
  let asked = false;
  let closed = false;
  let others: QueueWatch | undefined;

  const alarm = createAlarm(host, () => void drain());
  const schedule = (ms: number): void => {
    if (!closed) alarm.within(Math.max(ms, sender.pause()));
  };

  const drain = (): Promise<void> => {
    if (!host.environment.network) return Promise.resolve();
    if (draining) {
      asked = true;
      return draining;
    }
    asked = false;
    const { loop, signal } = sender.begin();
    const pass = async (): Promise<boolean | undefined> => {
      const ran = await device.use((storage) => storage.exclusive?.(loop, signal) ?? loop().then(() => true));
      // Undefined: there is no storage to share.
      if (ran === undefined) await loop();
      return ran;
    };
    const run = pass().then((ran) => {
      if (draining !== run) return;
      draining = null;
      others?.owe(outbox.size() > 0);
      if (ran === false) schedule(BUSY_MS);
      else if (sender.pause() > 0) schedule(0);
      // Whoever asked waits for this look as well.
      else if (asked) return drain();
    });
    draining = run;
    return run;
  };

  return {
    watch() {
      others = host.environment.storage?.watch?.(() => schedule(TAKE_OVER_MS));
      return () => {
        others?.end();
        others = undefined;
      };
    },
    note: outbox.note,
    written: outbox.written,
    add(item, name, note) {
      const added = outbox.add(item, name, note);
      others?.owe(true);
      const isFull = outbox.size() >= batchSize;
      // What is under way looks again before it ends.
      if (isFull && draining) asked = true;
      else schedule(isFull ? 0 : intervalMs);
      return added;
    },
    flush: drain,
    async hide(leaves) {
      if (leaves) {
        sender.pass();
        draining = null;
      }
      // A request under way dies with the page: its events are safe on the device, but not in memory.
      const sent = sender.sendLast(device.status() !== "device");
      // Before anything is waited for: a page that is kept for its return goes on from here.
      if (outbox.size() > 0) schedule(intervalMs);
      await sent;
    },
    disown: outbox.clear,
    stop() {
      sender.cancel();
      alarm.cancel();
      outbox.clear();
      draining = null;
    },
    close() {
      closed = true;
      alarm.cancel();
    },
    recent: outbox.recent,
  };
}

/** Knows how to send and when not to. */
function createSender(
  host: Host,
  device: Device,
  outbox: ReturnType<typeof createOutbox>,
  { admit, sync, random }: DeliveryOptions,
) {
  const { network } = host.environment;
  const inFlight = new Set<string>();
  let cancel = createCancel();
  let passing = createCancel();
  let failures = 0;
  let notBefore = 0;
  /** How far off `notBefore` was when it was set, ms. */
  let wait = 0;
  /** What the device says was heeded, epoch ms: heeded anew after the clock was put back, it would lengthen the wait. */
  let heeded = 0;
  let limit = MAX_BATCH;

  /** Ms left to wait; none where that is not above 0. After the clock was put back the wait begins anew, rather than last longer by as much. */
  const pause = (): number => {
    const now = host.clock.now();
    // One that is over must not begin anew.
    if (notBefore <= now) wait = 0;
    notBefore = Math.min(notBefore, now + wait);
    return notBefore - now;
  };

  const send = async (
    items: readonly QueueItem[],
    last: boolean,
    signal: Cancellation,
  ): Promise<SendOutcome> => {
    try {
      return (await network?.send(items, { last, signal })) ?? { status: "retry" };
    } catch (error) {
      host.report(error);
      return { status: "retry" };
    }
  };

  const conclude = async (items: readonly QueueItem[], outcome: SendOutcome): Promise<void> => {
    if (outcome.status === "done") {
      failures = 0;
      limit = Math.min(MAX_BATCH, limit * 2);
      await outbox.settle(items.slice(0, outcome.taken), outcome.rejected);
    } else if (outcome.status === "too-large") {
      limit = Math.ceil(items.length / 2);
      // Halved down to one event, it is that event which the server cannot take: only it is given up.
      if (items.length === 1) await outbox.settle(items, items);
    } else {
      const refused = outcome.status === "refused";
      if (refused) host.report(refusal(outcome.code, outcome.detail));
      const afterMs = refused ? REFUSED_MS : outcome.afterMs;
      wait = backOff(++failures, afterMs, random);
      notBefore = host.clock.now() + wait;
      // What the server asked for is asked of all pages of this device; a key that was wrong may be right in the next one.
      if (asksToWait(outcome)) await device.use((storage) => storage.set(WAIT, (heeded = notBefore)));
    }
  };

  /** How long to wait, with what the server asked of another page. Further off than it may ask was said by another clock. */
  const sharedPause = async (): Promise<number> => {
    const until = Number(await device.use((storage) => storage.get(WAIT)));
    const left = until - host.clock.now();
    if (until !== heeded && left > pause() && left <= RETRY_AFTER_MAX_MS) {
      notBefore = heeded = until;
      wait = left;
    }
    return pause();
  };

  /** In flight until what became of them is on the device: who has read the queue before that must not send them again. */
  const deliver = async (items: readonly QueueItem[], last: boolean, mine: Cancellation): Promise<void> => {
    for (const { id } of items) inFlight.add(id);
    const outcome = await send(items, last, mine);
    // Not delivered while the page goes away, events wait for its return or for the next one.
    const concludes = !last || outcome.status === "done" || asksToWait(outcome);
    if (concludes && !mine.aborted) await conclude(items, outcome);
    for (const { id } of items) inFlight.delete(id);
  };

  /** Those of the items that consent still covers, as far as it does, and the others. At once: a page going away does not wait. */
  const gate = (items: readonly QueueItem[]): { allowed: QueueItem[]; withheld: QueueItem[] } => {
    const allowed: QueueItem[] = [];
    const withheld: QueueItem[] = [];
    sync();
    for (const item of items) {
      const body = host.attempt(() => admit(item.body));
      if (body) allowed.push({ id: item.id, body });
      else withheld.push(item);
    }
    return { allowed, withheld };
  };

  /** Ends the round that is under way. What it had sent is sent again: the server knows it by its ids. */
  const pass = (): void => {
    passing.abort();
    passing = createCancel();
  };

  return {
    pause,
    pass,
    cancel() {
      cancel.abort();
      cancel = createCancel();
      pass();
      failures = 0;
    },
    /** Sends batch after batch until nothing is left, the server wants a pause, or all is cancelled. */
    begin() {
      const { signal: mine } = passing;
      const loop = async (): Promise<void> => {
        while (!mine.aborted && (await sharedPause()) <= 0) {
          const items = (await outbox.next(limit)).filter(({ id }) => !inFlight.has(id));
          if (mine.aborted || items.length === 0) return;
          const { allowed: batch, withheld } = gate(items);
          if (mine.aborted) return;
          if (withheld.length > 0) await outbox.settle(withheld, withheld);
          if (batch.length === 0) continue;
          await deliver(batch, false, mine);
        }
      };
      return { loop, signal: mine };
    },
    async sendLast(again: boolean): Promise<void> {
      const { signal: mine } = cancel;
      const { allowed: items } = gate(outbox.own().filter(({ id }) => again || !inFlight.has(id)));
      if (!network || items.length === 0 || pause() > 0) return;
      await deliver(items, true, mine);
    },
  };
}
