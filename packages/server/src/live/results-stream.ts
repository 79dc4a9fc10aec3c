import { frameBytes, RETRY } from "./sse.js";

export interface ResultsStreamOptions<T> {
  /** The results as they stand now; null where there are none any more, which ends the stream. */
  read(): Promise<T | null>;
  /** Calls back whenever something was counted that may change them; gives how to stop. */
  watch(changed: () => void): Promise<() => Promise<void>>;
  /** Whether whoever reads may still do so. */
  active(): boolean;
  /** Called once, when the stream has ended. */
  onGone(): void;
  report(error: unknown): void;
}

/** Results are read anew this often at most: a page must not cost more than what it shows, and a second is soon enough. */
const STEP_MS = 500;
/** What changes after a pause is told this soon. */
const TICK_MS = 100;
/** And this often at least, where word of a change was lost. */
const SURELY_MS = 5000;
const PING_MS = 15_000;

/**
 * Results as server-sent events: one `results` frame at once, and one whenever they have changed. A reader that does not read costs nothing: nothing is computed for it until it has taken what waits.
 */
export function resultsStream<T>({
  read,
  watch,
  active,
  onGone,
  report,
}: ResultsStreamOptions<T>): ReadableStream<Uint8Array> {
  let ended = false;
  let stop: (() => Promise<void>) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let dirty = true;
  let last = "";
  let readAt = Number.NEGATIVE_INFINITY;
  let saidAt = 0;

  function end(): void {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    onGone();
    stop?.().catch(report);
  }

  async function turn(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const now = performance.now();
    if (!active()) {
      end();
      controller.close();
      return;
    }
    if ((controller.desiredSize ?? 0) <= 0) return;
    if ((dirty && now - readAt >= STEP_MS) || now - readAt >= SURELY_MS) {
      dirty = false;
      readAt = now;
      const results = await read();
      if (ended) return;
      if (results === null) {
        end();
        controller.close();
        return;
      }
      const text = JSON.stringify({ ...results, at: null });
      if (text !== last) {
        last = text;
        saidAt = now;
        controller.enqueue(frameBytes({ type: "results", ...results }));
      }
    }
    if (now - saidAt >= PING_MS) {
      saidAt = now;
      controller.enqueue(frameBytes({ type: "ping" }));
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        controller.enqueue(RETRY);
        const safely = (): Promise<void> =>
          turn(controller).catch((error: unknown) => {
            if (!ended) report(error);
          });
        try {
          stop = await watch(() => {
            dirty = true;
          });
        } catch (error) {
          // Its place is somebody else's now.
          end();
          throw error;
        }
        if (ended) return void stop().catch(report);
        await safely();
        if (ended) return;
        let busy = false;
        timer = setInterval(() => {
          if (busy) return;
          busy = true;
          void safely().finally(() => {
            busy = false;
          });
        }, TICK_MS);
        timer.unref();
      },
      cancel: end,
    },
    { highWaterMark: 4 },
  );
}
