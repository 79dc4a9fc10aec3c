import type { Principal } from "../auth/authenticate.js";
import type { Scope } from "../auth/roles.js";
import type { Location } from "./location.js";
import { Refusal } from "./refusal.js";
import type { Admitted } from "./room.js";

export interface Call<P = Principal> {
  readonly request: Request;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  /** The parsed body of a route that takes one, else undefined. */
  readonly body: unknown;
  readonly principal: P;
  /** Where the request comes from, as far as that is known; asked for by those who need it. */
  location(): Promise<Location>;
  /** Of the client; null where it is not known. */
  address(): string | null;
  /** As {@link Admitted.wait}; asked once. */
  readonly wait: Admitted["wait"];
}

interface RouteShape {
  /** For people alone: no part of the API, hence not in its document. */
  page?: true;
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the base path; `:name` matches one segment. */
  path: string;
  /** Reads a JSON body of at most `max` bytes that nests at most `nested` levels. */
  body?: BodyShape;
  /** Needs a log that takes events; refused before its body is read where it does not. */
  ingests?: true;
  /** Is done once for each `Idempotency-Key` that a request carries. */
  once?: true;
  /** A visitor's token reaches it, for that visitor alone: where the path names an id, only its own or `me`. */
  own?: true;
  /** The path parameter that is the write key, for clients that put it there. */
  keyParam?: string;
  /** What a refusal says beside what all say (RFC 9457 §3.2), for routes of a protocol that has errors of its own. */
  members?(refusal: Refusal, params: Readonly<Record<string, string>>): Readonly<Record<string, unknown>>;
  /** Answered under any load and to everyone: whether this server is well. */
  vital?: true;
}

export interface BodyShape {
  max?: number;
  nested?: number;
  /** It may be left out. */
  optional?: true;
}

/** For definitions and requests; events have their own depth limit behind the door, so that one deep event costs only itself. */
export const SMALL_BODY: BodyShape = { max: 32 << 10, nested: 16 };
export const DEFINITION_BODY: BodyShape = { nested: 64 };

/** A route and the scope it needs; null: open to everyone. */
export type Route =
  | (RouteShape & { scope: Scope; handle(call: Call): Promise<Response> | Response })
  | (RouteShape & { scope: null; handle(call: Call<Principal | null>): Promise<Response> | Response });

/** A path parameter that names a subject or a definition. @throws Refusal 400 if it is empty or longer than 512 characters. */
export function idParam(call: Call, name: string): string {
  const id = call.params[name] ?? "";
  if (id === "" || id.length > 512)
    throw new Refusal(400, "ATTUNE_SERVER_ID", "Ids have 1 to 512 characters.");
  return id;
}

/** Whom the path is about: the visitor of the token that asks, else whoever the id names. */
export function subjectParam(call: Call, name: string): string | { visitorId: string } {
  const { visitorId } = call.principal;
  return visitorId === undefined ? idParam(call, name) : { visitorId };
}

/** A body that must be an object. */
export function objectBody(call: Pick<Call, "body">): Readonly<Record<string, unknown>> {
  if (typeof call.body === "object" && call.body !== null && !Array.isArray(call.body)) {
    return call.body as Record<string, unknown>;
  }
  throw new Refusal(400, "ATTUNE_SERVER_BODY_SHAPE", "The body must be a JSON object.");
}
