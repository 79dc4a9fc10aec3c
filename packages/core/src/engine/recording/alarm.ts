import type { Host } from "../host.js";

/** One task and the time at which it is due. */
export interface Alarm {
  /** Due in so many ms, or earlier if it is due earlier already. */
  within(ms: number): void;
  cancel(): void;
}

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
      if (timer !== null && at >= due) {
        if (now < due) return;
        // It falls behind while the device sleeps, or its clock was put forward.
      } else due = at;
      cancel();
      timer = timers.set(() => {
        timer = null;
        task();
      }, due - now);
    },
  };
}
