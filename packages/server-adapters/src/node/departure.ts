import type { ServerResponse } from "node:http";

/**
 * Whether the client has gone away before its response was complete.
 *
 * A class, as is all that is made for each request: an accessor written into an object literal gets a hidden class of its own each time
 * it is made, which lies among V8's old objects and keeps the accessor's whole scope, here a body of any size, until a full collection.
 */
export class Departure {
  #happened = false;
  #controller: AbortController | null = null;

  constructor(outgoing: ServerResponse) {
    outgoing.once("close", () => {
      this.#happened = !outgoing.writableFinished;
      if (this.#happened) this.#controller?.abort();
    });
  }

  get happened(): boolean {
    return this.#happened;
  }

  /** Aborts when it happens. Made when it is first asked for: few handlers do. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#happened) this.#controller.abort();
    }
    return this.#controller.signal;
  }
}
