import type { DeviceType } from "../events/types.js";

export const STATE_VERSION = 1;

/**
 * Everything the fold remembers of a visitor: plain JSON, bounded (≤ 2 KB serialised), the same in page and server.
 * `learned` holds only what came from events whose consent covers personalization; the rest is what counting sessions needs.
 */
export interface VisitorState {
  v: typeof STATE_VERSION;
  firstSeenAt: number;
  lastSeenAt: number;
  /** Sessions started so far. */
  sessions: number;
  session: SessionState | null;
  learned: LearnedState;
}

export interface SessionState {
  /** As given, else derived (`d-` and the start). */
  id: string;
  derived: boolean;
  startedAt: number;
  lastAt: number;
  /** Hashes of the latest given ids, so that interleaved sessions (two tabs, two devices) are not counted again. */
  recent: readonly number[];
  campaign: string | null;
}

/** Shaped by the fold's author; only `state/` reads it. */
export interface LearnedState {
  device: DeviceType | null;
  [key: string]: unknown;
}
