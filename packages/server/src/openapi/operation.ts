import type { JsonSchema } from "@attune/core/wire";
import type * as v from "valibot";

/** A schema that validates, or one that is kept by hand because the validator is. */
export type Described = v.GenericSchema | { json: JsonSchema };

export interface Answer {
  description: string;
  /** Of its body; without one it has none. */
  schema?: Described;
  /** Default `application/json`. */
  type?: string;
  headers?: Readonly<Record<string, string>>;
}

/** What a route is for, in the document. What its route says itself (scope, body size, Idempotency-Key) is not said again. */
export interface Operation {
  /** Also the name of the client's method. */
  id: string;
  tag:
    | "Events"
    | "Segment"
    | "Decisions"
    | "Models"
    | "Consent and privacy"
    | "Analytics"
    | "Monitoring"
    | "Live"
    | "Dashboard"
    | "Documents";
  summary: string;
  description?: string;
  params?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, { description: string; schema: JsonSchema }>>;
  headers?: Readonly<Record<string, string>>;
  body?: Described;
  answers: Readonly<Record<number, Answer>>;
  /** Status and code of what is refused for reasons of this route alone. */
  problems?: readonly (readonly [status: number, code: string])[];
}

export type Operations = Readonly<Record<string, Operation>>;
