import type { Event } from "@attune/core";
import type { FigureName, Ruleset, VisitorExport } from "@attune/core/service";
import type * as v from "valibot";
import type { operations } from "../openapi/operations.js";

type Operations = typeof operations;
type Named<Id extends string> = Extract<Operations[keyof Operations], { id: Id }>;

/** What the operation of that name takes as its body, as the door's own schema has it. */
export type BodyOf<Id extends string> =
  Named<Id> extends { body: infer S extends v.GenericSchema } ? v.InferInput<S> : never;

/** What it answers with 200 or 201, as the schema has it that answers are held to. */
export type AnswerOf<Id extends string> = Named<Id>["answers"] extends {
  200: { schema: infer S extends v.GenericSchema };
}
  ? v.InferOutput<S>
  : Named<Id>["answers"] extends { 201: { schema: infer S extends v.GenericSchema } }
    ? v.InferOutput<S>
    : never;

/** Which figures over time; what is left out is as the server's document says. */
export interface SeriesAsk {
  figures?: readonly FigureName[];
  /** Epoch ms or ISO 8601; `from ≤ at < to`. */
  from?: number | string;
  to?: number | string;
  granularity?: "minute" | "hour" | "day";
  /** One row for each: `event` for events, `experiment` and `variant` for exposures and conversions, `segment` for entered and left. */
  by?: readonly string[];
  event?: string;
  experiment?: string;
  variant?: string;
  segment?: string;
}

/** An event in the library's own envelope; what is left out is filled in at the door. */
export type NativeEventInput = Partial<Omit<Event, "name" | "consent" | "occurredAt">> & {
  name: string;
  anonymousId?: string;
  occurredAt?: number | string;
  consent?: unknown;
};

/** An event in the behavioural shape. */
export interface BehaviouralEventInput {
  eventType: string;
  eventId?: string;
  sessionId?: string;
  userId?: string;
  anonymousId?: string;
  deviceType?: string;
  eventData?: Readonly<Record<string, unknown>>;
  [more: string]: unknown;
}

export type EventInput = NativeEventInput | BehaviouralEventInput;

export interface ClientOptions {
  /** Where the server is, its base path included: `https://attune.example/attune`. */
  url: string;
  /** A write or a secret key. In a page that somebody signed in to, the cookie will do. */
  key?: string | undefined;
  /** Default: the platform's. */
  fetch?: typeof fetch;
  /** How often a call that may be repeated is, after its first time (default 2). */
  retries?: number;
  /** A server that asks for a longer wait is not called again, ms (default 30,000). */
  maxWaitMs?: number;
}

export interface CallOptions {
  /** Ends the call, and the wait for its next try. */
  signal?: AbortSignal;
}

export interface OnceOptions extends CallOptions {
  /** Names the call, so that it is done once however often it is sent (default: a new one for each call). */
  idempotencyKey?: string;
}

/** Which frames are wanted: of all the site, or of one visitor, session or user. */
export interface StreamOptions extends CallOptions {
  /** The id of the last frame that was seen. */
  lastEventId?: string;
  visitorId?: string;
  sessionId?: string;
  userId?: string;
  /** New rulesets alone; or these, and when the visitor enters or leaves a segment. */
  only?: "rulesets" | "segments";
}

/** One frame of the live stream. */
export interface StreamFrame {
  /** Given back as `lastEventId`, the stream goes on after it. */
  id: string | null;
  event: string;
  data: unknown;
}

export type { Ruleset, VisitorExport };
