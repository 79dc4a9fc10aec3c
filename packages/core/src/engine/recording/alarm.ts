import type { Host } from "../host.js";

/** One task and the time at which it is due. */
export interface Alarm {
  /** Due in so many ms, or earlier if it is due earlier already. */
  within(ms: number): void;
  cancel(): void;
}

/** A timer that is later than this, ms, was not merely busy or throttled: it slept with the device, or the clock was put forward. */
const OVERDUE_MS = 120_000;

export function createAlarm({ clock, timers }: Host, task: () => void): Alarm {
  let timer: unknown = null;
  let due = 0;
  const cancel = (): void => {
    if (timer !== null) timers.clear(timer);
    timer = null;
  };
  return {
    cancel,
    within(ms) {
      const now = clock.now();
      const at = now + ms;
      if (timer !== null && due <= at && now - due < OVERDUE_MS) return;
      cancel();
      due = at;
      timer = timers.set(() => {
        timer = null;
        task();
      }, ms);
    },
  };
}
