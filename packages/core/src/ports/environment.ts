import type { Clock } from "../kernel/clock.js";
import type { RandomSource } from "../kernel/random.js";

/** What an `AbortSignal` is to the engine; any real one is assignable. */
export interface Cancellation {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Delays in milliseconds. */
export interface Timers {
  set(task: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

/** What the engine needs from where it runs. Every part is optional: an engine without storage or network still decides. */
export interface Environment {
  clock?: Clock;
  random?: RandomSource;
  /** Default: the platform's `setTimeout`. */
  timers?: Timers;
  /** Minutes that local time is ahead of UTC, as a number; read once per event. */
  tzOffset?(): number;
  /** What the visitor's device and browser say about privacy. */
  privacy?: PrivacySignals;
  /** A few bytes that outlive the page and that a server can read too (cookies). */
  cookies?: DeviceCookies;
  /** Opened only after consent; `destroy` leaves nothing behind. */
  storage?: DeviceStorage;
  network?: DeviceNetwork;
  /** What this page is, read at the moment of an event. */
  page?: PageReader;
  /** Called when the engine starts, before anything may be known of consent: code that will be needed may be fetched, nothing else. */
  prepare?(): void;
  /** Starts automatic capture; what it returns stops it. */
  capture?(sink: CaptureSink): () => void;
  /**
   * Ties the pages of one device together. The listener gets a consent record made elsewhere, or nothing where the one on the device may
   * have changed and should be read again. Opened at the engine's start.
   */
  consentSync?(listener: (record?: unknown) => void): ConsentSync;
  /** Variants that the page's address asks for, for who checks a site; absent: it may ask for none. Fetched when the engine starts. */
  overrides?(): Promise<TabOverrides>;
  /** Told of what went wrong without ever breaking the host page. */
  report?(error: unknown): void;
}

/** Slots with the variant that each is to show; null: what is decided. */
export interface TabOverrides {
  /** By the address of this page. */
  readonly asked: readonly (readonly [slot: string, variant: string | null])[];
  /** By the addresses of earlier pages of this tab. It and `keep` touch the device: only where consent lets a visitor be known. */
  kept(): readonly (readonly [slot: string, variant: string])[];
  /** For later pages of this tab, in place of what was kept; none: nothing is left. */
  keep(variants: readonly (readonly [slot: string, variant: string])[]): void;
}

export interface ConsentSync {
  /** Tells the other pages of a decision made in this one. */
  publish(record: unknown): void;
  stop(): void;
}

export interface PrivacySignals {
  /** Global Privacy Control (`navigator.globalPrivacyControl`). */
  gpc: boolean;
  /** ISO 3166 code as the host knows it, `US-CA` style where a state matters. */
  region?: string;
}

export type CookieName = "consent" | "visitor";

export interface DeviceCookies {
  read(name: CookieName): string | null;
  write(name: CookieName, value: string, maxAgeMs: number): void;
  remove(name: CookieName): void;
}

/** Asynchronous device storage (IndexedDB). Rejections are handled by the engine: it falls back to memory and says so in its status. */
export interface DeviceStorage {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  /**
   * Resolves when the items and notes are on the device, all or none, with how many items had to make room for them: of those that matter
   * least, the oldest. All of it is asked for at once, so that it is done for a page that goes away too.
   */
  enqueue(items: readonly QueueItem[], notes?: readonly Note[]): Promise<number>;
  /**
   * A value, and the notes that were left since it was made. What `make` gives takes the place of both, and no other page of the device comes
   * between; undefined, or no `make`, leaves them. Undefined where the page went away meanwhile: then nothing is changed.
   *
   * @param make Pure: it may be called again.
   */
  merge(key: string, make?: (found: Found) => unknown): Promise<Found | undefined>;
  /** Oldest first. */
  peek(limit: number): Promise<QueueItem[]>;
  remove(ids: readonly string[]): Promise<void>;
  /**
   * Runs the task when no other page of this device runs one, at once where that one is killed. False: its turn did not come in a while, or the
   * signal ended the wait. Absent: it always may.
   */
  exclusive?(task: () => Promise<void>, signal: Cancellation): Promise<boolean>;
  /** Calls back when another page of this device that owed events may have left some. Absent: nobody tells. */
  watch?(listener: () => void): QueueWatch;
  /** Calls back when another page of this device says that it has left something; `missed`: what was said meanwhile was not heard. Absent: nobody tells. */
  share?(listener: (missed: boolean) => void): StorageShare;
  /** Closes and deletes everything this storage ever wrote. May be opened again by a later call. */
  destroy(): Promise<void>;
  close(): void;
}

/** What a page leaves on the device for a value that all its pages make together. */
export interface Note {
  /** Notes are read in the order of their ids. */
  id: string;
  body: unknown;
}

/** A value (undefined: none), and the notes that belong to it, oldest first. */
export interface Found {
  value: unknown;
  notes: readonly Note[];
}

/** How the pages of a device tell each other to look. No word of what there is to see passes between them. */
export interface StorageShare {
  tell(): void;
  /** The page leaves, and all is written: where it may be kept for a return nothing stays open. */
  rest(): void;
  end(): void;
}

/** What the pages of a device know of each other's undelivered events. */
export interface QueueWatch {
  /** Whether this page has some. */
  owe(is: boolean): void;
  end(): void;
}

export interface QueueItem {
  id: string;
  body: unknown;
  /** How much it matters where there is no room for all: 2 more than 1 (default) more than 0. */
  weight?: number;
}

export type SendOutcome =
  /** Taken by the server, or refused for good: either way not to be sent again. */
  | {
      status: "done";
      rejected: readonly { id: string; reason: string }[];
      /** How many of the items, from the front, this is about (default: all). */
      taken?: number;
    }
  | { status: "retry"; afterMs?: number }
  /** Not taken from this page at all, whatever is sent: the key or the origin is wrong, which only the host can cure. */
  | {
      status: "refused";
      /** HTTP status. */
      code: number;
      /** Where, and what was answered. */
      detail?: string;
    }
  /** Refused as a whole, for its size or its form: smaller parts may pass. */
  | { status: "too-large" };

/** What a server tells an open page. */
export type Pushed =
  /** This version was published. */
  | { type: "ruleset"; version: string }
  | { type: "segments"; changes: readonly { segment: string; change: "entered" | "left" }[] }
  /** Something of that may have been missed: all is to be read anew. Also where following begins. */
  | { type: "missed" };

export interface DeviceNetwork {
  /** Delivers a batch. `last`: the page is going away, use what survives that (keepalive), within its budget. */
  send(items: readonly QueueItem[], options: { last: boolean; signal: Cancellation }): Promise<SendOutcome>;
  /** Delivers a consent record and whose it is; survives the page. Rejects where it was not taken. */
  sendConsent?(message: { visitorId: string; record: unknown }, signal: Cancellation): Promise<void>;
  /** The current ruleset, with no identifier in the request; null if unchanged since the given version. */
  fetchRuleset?(known: string | null, signal: Cancellation): Promise<unknown>;
  /**
   * Calls back with what happens from now on; returns the end of it, after which nothing is open. Absent: nobody tells.
   *
   * @param visitorId Whose segments are wanted too; null: no identifier is in the request.
   */
  follow?(visitorId: string | null, listener: (pushed: Pushed) => void): () => void;
  /** The segments that the server finds the visitor in, as far as consent allows. */
  fetchSegments?(
    visitorId: string,
    consent: Readonly<Record<string, boolean>>,
    signal: Cancellation,
  ): Promise<readonly string[]>;
  /** Calls back when the page is hidden, or (`leaves`) going away, perhaps to be kept for a return; returns the un-subscription. */
  onHide?(listener: (leaves: boolean) => void): () => void;
}

export interface PageReader {
  read(): PageReading;
}

export interface PageReading {
  url: string;
  referrer: string;
  title: string;
  viewport: { width: number; height: number };
  language: string;
  device?: "desktop" | "mobile" | "tablet" | "other";
}

export interface CaptureSink {
  /** When the visitor decided on consent, epoch ms; null without a decision. What was measured before is not to be told. */
  decidedAt: number | null;
  track(name: string, properties?: Record<string, unknown>, context?: Record<string, unknown>): void;
  page(): void;
}
