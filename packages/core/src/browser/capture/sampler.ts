/** What has happened since the sample before. */
export interface Sample {
  /** `performance.now()`, ms. */
  at: number;
  /** The pointer moved. */
  moved: boolean;
  /** What scrolled; `document` is the page itself. */
  scrolled: ReadonlySet<EventTarget | null>;
}

export interface Sampler {
  add(task: (sample: Sample) => void): void;
  /** Does not wait for the frame. */
  settle(): void;
  stop(): void;
}

/**
 * One pair of listeners and one frame for everybody who follows the pointer or scrolling: both report far more often than anybody has to
 * look, and what is measured once a frame costs one layout.
 */
export function createSampler(
  on: (target: EventTarget, type: string, listener: (event: Event) => void) => void,
): Sampler {
  const tasks: ((sample: Sample) => void)[] = [];
  let scrolled = new Set<EventTarget | null>();
  let moved = false;
  let frame = 0;

  const run = (): void => {
    frame = 0;
    const sample: Sample = { at: performance.now(), moved, scrolled };
    moved = false;
    scrolled = new Set();
    for (const task of tasks) task(sample);
  };
  const ask = (): void => {
    frame ||= requestAnimationFrame(run);
  };

  return {
    add(task) {
      if (tasks.push(task) > 1) return;
      on(window, "pointermove", () => {
        moved = true;
        ask();
      });
      on(window, "scroll", ({ target }) => {
        scrolled.add(target);
        ask();
      });
    },
    settle() {
      if (!frame) return;
      cancelAnimationFrame(frame);
      run();
    },
    stop: () => cancelAnimationFrame(frame),
  };
}
