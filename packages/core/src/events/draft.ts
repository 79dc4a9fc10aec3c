import type { Grants } from "../consent/types.js";
import type { JsonObject } from "../kernel/json.js";
import type { SharedParts } from "./shared.js";
import type { ClockReading } from "./skew.js";
import type { Event } from "./types.js";

/** What is known of a request apart from its events. */
export interface ParseContext {
  /** The tenant, from the credential; what an event says of it does not count. */
  site: string;
  /** The server's clock, epoch ms. */
  receivedAt: number;
  /** When the client sent the batch, by its clock, epoch ms. Without it an event's own `sentAt` counts. */
  sentAt?: number | null;
  /** Assumed where an event carries no snapshot of its own (the request's consent cookie). */
  consent?: Grants | null;
  /** Country as the host's CDN says it; goes before what the client says. */
  country?: string;
  /** The host's own wire words → event names, before the known ones. */
  mapping?: Readonly<Record<string, string>>;
  /**
   * The corrected time of an event that names its device, epoch ms, from all that is known of the device's clock. Default: what
   * {@link clockCorrection} says of this message alone is added.
   */
  clockOf?(device: string, reading: ClockReading): number;
  /** What of the properties may enter into an id that is derived: an id stands in the clear. Default: all. */
  named?(properties: JsonObject): JsonObject;
  /** For a batch: an empty object, handed in with each of its events. Equal parts of events are then read once and shared. */
  shared?: SharedParts;
}

/** An event as either shape gives it, before times are judged and what is missing is filled in. */
export interface Draft {
  id: string | null;
  name: string;
  visitorId: string | null;
  sessionId: string | null;
  deviceId: string | null;
  userId: string | null;
  seq: number | null;
  occurredAt: number | null;
  sentAt: number | null;
  tzOffset: number | null;
  properties: Event["properties"];
  context: Event["context"];
  consent: Event["consent"];
  /** Where the time was given, for issues: key path in the wire shape. */
  timeKeys: readonly [string] | readonly [string, string];
}
