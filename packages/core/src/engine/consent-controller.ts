import { decodeConsentCookie, encodeConsentCookie } from "../consent/cookie.js";
import { type ConsentStep, startConsent, stepConsent } from "../consent/step.js";
import type { ConsentAction, ConsentRecord, ConsentSource, ConsentState, Purpose } from "../consent/types.js";
import type { Cancellation, ConsentSync } from "../ports/environment.js";
import { createCancel, createListeners, type Host } from "./host.js";
import type { AttuneOptions, ConsentController } from "./types.js";
import { COOKIE_MS } from "./visitor-traces.js";

interface ConsentMessage {
  visitorId: string;
  record: ConsentRecord;
}

export interface ConsentEdgeOptions {
  host: Host;
  options: AttuneOptions;
  /** Resolves when the engine is started: what is decided before waits for it. */
  started: Promise<void>;
  /** Whose consent it is, where an id exists. */
  visitorId(): string | null;
  /** Brings the engine in line with a new state. Resolves when that is done, on the device too. */
  apply(before: ConsentState, after: ConsentState, erase: boolean): Promise<void>;
}

export interface ConsentEdge {
  readonly controller: ConsentController;
  /** Reads what is on the device and opens the ties to other pages. */
  start(): Promise<void>;
  /** Takes on what other pages have decided. Cheap: called before anything is stored or sent. */
  sync(record?: unknown): void;
  /** Takes on a record from outside; a later decision made here stands. */
  adopt(record: unknown): Promise<void>;
  stop(): void;
}

/** The edge of the consent machine: runs its effects, in their order. */
export function createConsentEdge({
  host,
  options: { initial, consent },
  started: whenStarted,
  visitorId,
  apply,
}: ConsentEdgeOptions): ConsentEdge {
  // For hosts that state none: opt-in everywhere.
  const { policy = { version: "1" } } = consent ?? {};
  const { cookies, privacy, network, consentSync } = host.environment;
  const now = (): number => host.clock.now();
  const listeners = createListeners<ConsentState>(host);
  let { state } = startConsent(policy, { now: now(), ...initial, stored: initial?.consent });
  let pages: ConsentSync | undefined;
  let started = false;
  let seen: string | null = null;
  let telling = createCancel();

  const readCookie = (): string | null => host.attempt(() => cookies?.read("consent")) ?? null;

  /**
   * Tells the server, so that it stops (or may begin) too. Tried again up to five times, in memory only, and not by a closed engine.
   *
   * @param wait Ms until the next attempt; doubled each time, up to 16 s.
   */
  const tell = (message: ConsentMessage, signal: Cancellation, wait = 1000): void => {
    if (signal.aborted || !started) return;
    host
      .attempt(() => network?.sendConsent?.(message, signal))
      ?.catch((error) => {
        if (!signal.aborted) host.report(error);
        if (wait <= 16_000) host.timers.set(() => tell(message, signal, wait * 2), wait);
      });
  };

  const take = async ({ state: after, persist: record, erase }: ConsentStep, own: boolean): Promise<void> => {
    const before = state;
    if (after === before) return;
    let id = visitorId();
    state = after;
    if (record) {
      const text = (seen = encodeConsentCookie(record));
      host.attempt(() => cookies?.write("consent", text, COOKIE_MS));
      if (own) host.attempt(() => pages?.publish(record));
    }
    const done = apply(before, after, erase);
    listeners.emit(after);
    if (own && record) {
      if (!id) {
        await done;
        // Whoever decided meanwhile has told, or will.
        if (state.record !== record) return;
        id = visitorId();
      }
      // A newer record replaces an older one.
      telling.abort();
      telling = createCancel();
      if (id) tell({ visitorId: id, record }, telling.signal);
    }
    await done;
  };
  const act = (action: ConsentAction, own: boolean): Promise<void> => take(stepConsent(state, action), own);
  const choose = async (
    type: "grant" | "deny" | "withdraw",
    purposes: readonly Purpose[] | "all",
    source: ConsentSource,
  ): Promise<void> => {
    if (!started) await whenStarted;
    if (!started) return;
    sync();
    await act({ type, purposes, source, at: now() }, true);
  };

  const sync = (record?: unknown): void => {
    let found = record;
    if (!found) {
      const text = readCookie();
      if (text !== seen) found = decodeConsentCookie((seen = text));
    }
    // Without a record too: a decision may have expired.
    void act({ type: "adopt", record: found, at: now() }, false);
  };

  return {
    controller: {
      get state() {
        return state;
      },
      grant: (purposes, source = "api") => choose("grant", purposes, source),
      deny: (purposes, source = "api") => choose("deny", purposes, source),
      withdraw: (purposes = "all", source = "api") => choose("withdraw", purposes, source),
      receipt: () => state.record,
      subscribe: listeners.add,
    },
    start() {
      started = true;
      pages = host.attempt(() => consentSync?.(sync));
      let opened: ConsentStep;
      let tries = 3;
      // Again where another page decides meanwhile: what is written below must not take the place of that.
      do {
        // Where there are cookies they are the truth: a page that a shared cache has mixed up must not bring somebody else's consent.
        seen = readCookie();
        opened = startConsent(policy, {
          now: now(),
          region: privacy?.region ?? initial?.region,
          gpc: host.attempt(() => privacy?.gpc) ?? initial?.gpc,
          stored: cookies ? decodeConsentCookie(seen) : state.record,
        });
      } while (readCookie() !== seen && --tries);
      // As it is, for who comes back: some browsers keep what a script has written for a week.
      if (opened.state.record && !opened.persist)
        host.attempt(() => cookies?.write("consent", seen as string, COOKIE_MS));
      return take(opened, false);
    },
    sync,
    adopt: (record) => act({ type: "adopt", record, at: now() }, true),
    stop() {
      started = false;
      host.attempt(() => pages?.stop());
    },
  };
}
