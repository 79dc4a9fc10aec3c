import type { QueueWatch } from "../ports/environment.js";
import { openChannel } from "./open-channel.js";

/** So long a page that owes nothing any more is still taken for one that does: pages that record now and then are not to be looked after each time. */
const LINGER_MS = 10_000;

/**
 * Pages that owe events hold a Web Lock of their own, and the others wait for it: it is granted to them where its page is killed, at once and
 * also in a page without timers. Nothing is held or waited for by a page that leaves, so that it can be kept for its return.
 *
 * @param name Of the queue.
 * @param onGone A page that owed events is gone, or owes none any more.
 */
export function watchQueue(name: string, onGone: () => void): QueueWatch {
  const { locks } = navigator;
  // Absent outside secure contexts: then what a killed page leaves is sent by the next page that has something to send.
  if (!locks) return { owe: () => undefined, end: () => undefined };
  const prefix = `${name} page `;
  const mine = prefix + crypto.randomUUID();
  const watched = new Set<string>();
  const channel = openChannel(`${name} pages`, (other) => watch(String(other)));
  let waiting = new AbortController();
  let letGo: (() => void) | null = null;
  let owes = false;
  /** Kept for a return: what is recorded as the page leaves is held to be owed when it is back. */
  let away = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch(other: string): void {
    if (other === mine || !other.startsWith(prefix) || watched.has(other)) return;
    const { signal } = waiting;
    watched.add(other);
    locks
      .request(other, { mode: "shared", signal }, () => undefined)
      .then(onGone)
      .catch(() => undefined)
      .finally(() => watched.delete(other));
  }
  const look = (): void => {
    locks.query().then(
      ({ held = [] }) => {
        for (const { name: other = "" } of held) watch(other);
      },
      () => undefined,
    );
  };
  const hold = (): void => {
    if (letGo || away) return;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    locks
      .request(mine, () => {
        channel.post(mine);
        return held;
      })
      .catch(() => undefined);
  };
  const release = (): void => {
    letGo?.();
    letGo = null;
  };
  const leave = (): void => {
    away = true;
    clearTimeout(timer);
    release();
    waiting.abort();
    waiting = new AbortController();
  };
  const back = ({ persisted }: PageTransitionEvent): void => {
    if (!persisted) return;
    away = false;
    look();
    if (owes) hold();
  };

  addEventListener("pagehide", leave);
  addEventListener("pageshow", back);
  look();
  return {
    owe(is) {
      owes = is;
      clearTimeout(timer);
      if (is) hold();
      else if (letGo) timer = setTimeout(release, LINGER_MS);
    },
    end() {
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", back);
      leave();
      channel.close();
    },
  };
}
