import type { ServerResponse } from "node:http";

/** Whether the client has gone away before its response was complete. */
export interface Departure {
  readonly happened: boolean;
  /** Aborts when it happens. Made when it is first asked for: few handlers do. */
  readonly signal: AbortSignal;
}

export function watchDeparture(outgoing: ServerResponse): Departure {
  let happened = false;
  let controller: AbortController | null = null;
  outgoing.once("close", () => {
    happened = !outgoing.writableFinished;
    if (happened) controller?.abort();
  });
  return {
    get happened() {
      return happened;
    },
    get signal() {
      if (controller === null) {
        controller = new AbortController();
        if (happened) controller.abort();
      }
      return controller.signal;
    },
  };
}
