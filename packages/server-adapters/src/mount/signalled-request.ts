/**
 * A `Request` that has the signal of something else, instead of one that follows it. Following costs more than all the rest of a request,
 * hardly anyone asks for it, and a signal that only follows another stops doing so once nobody holds it. A request that is made from this
 * one has a signal of its own.
 */
export class SignalledRequest extends Request {
  readonly #source: { readonly signal: AbortSignal };

  constructor(url: URL | string, init: RequestInit, source: { readonly signal: AbortSignal }) {
    super(url, init);
    this.#source = source;
  }

  override get signal(): AbortSignal {
    return this.#source.signal;
  }
}
