import { randomUUID } from "node:crypto";
import { type Issue, isAttuneError } from "@attune/core";
import { PlainResponse } from "@attune/server-adapters/node";
import { Refusal } from "./refusal.js";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Credential needed",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  408: "Too slow",
  409: "Conflict",
  412: "Precondition failed",
  413: "Too large",
  415: "Unsupported content",
  422: "Unprocessable content",
  429: "Too many requests",
  500: "Internal error",
  503: "Unavailable",
};

export interface Problem {
  status: number;
  code: string;
  detail: string;
  errors?: readonly Issue[];
  headers?: Readonly<Record<string, string>>;
  /** More to say, under names of its own. */
  members?: Readonly<Record<string, unknown>>;
}

/** An RFC 9457 answer. `type` is the stable error code; `instance` names this occurrence and nothing else. */
export function problem({ status, code, detail, errors, headers, members }: Problem): Response {
  const body = {
    ...members,
    type: code,
    title: TITLES[status] ?? "Error",
    status,
    detail,
    instance: `urn:uuid:${randomUUID()}`,
    errors: (errors ?? []).map(({ path, code: reason, message }) => ({ path, code: reason, message })),
  };
  return new PlainResponse(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/**
 * What a thrown value becomes. Unknown errors tell the caller nothing and the host everything, through `report`.
 *
 * @param membersOf What is to be said beside.
 */
export function problemOf(
  error: unknown,
  report: (error: unknown) => void,
  membersOf: (refusal: Refusal) => Problem["members"] = () => undefined,
): Response {
  if (error instanceof Refusal) {
    if (error.status >= 500) report(error.cause ?? error);
    const { status, code, message: detail, errors, headers } = error;
    const members = membersOf(error);
    return problem({ status, code, detail, errors, headers, ...(members && { members }) });
  }
  report(error);
  if (isAttuneError(error)) {
    const headers = { "retry-after": "5" };
    return problem({ status: 503, code: error.code, detail: error.message, headers });
  }
  return problem({
    status: 500,
    code: "ATTUNE_SERVER_INTERNAL",
    detail: "The server failed to answer this request; the reason is in its report.",
  });
}
