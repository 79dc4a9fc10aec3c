import type { Browser, Page } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds that the thread itself computed. */
  readonly tdur?: number;
  readonly args: { readonly name?: string; readonly data?: { readonly documentLoaderURL?: string } };
}

/** From here on what the browser's threads do is written down. */
export const startTrace = (browser: Browser, page: Page): Promise<void> =>
  browser.startTracing(page, {
    categories: ["toplevel", "blink.user_timing", "disabled-by-default-devtools.timeline"],
  });

/**
 * The longest task of the main thread of a document since the trace began, in ms of the thread's own time: what others do on the machine is not in it.
 *
 * @throws Error where the trace holds no task of it, since that would show anything.
 */
export async function endTrace(browser: Browser, address: string): Promise<number> {
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const ofDocument = new Set(
    traceEvents
      .filter(({ name, args }) => name === "navigationStart" && args.data?.documentLoaderURL === address)
      .map(({ pid }) => pid),
  );
  const isMain = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .filter(({ pid }) => ofDocument.has(pid))
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => /RunTask$/.test(name) && isMain.has(`${pid} ${tid}`),
  );
  if (tasks.length < 20)
    throw new Error(`The trace holds ${tasks.length} tasks of the main thread of ${address}.`);
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}
