import type { Decision, Grants, Memberships, Ruleset } from "@attune/core";
import { AttuneError } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";

/** What is asked for one page. */
export interface BackEndQuery {
  visitor: { id: string | null; consent: Grants };
  slots: readonly string[] | undefined;
  context: Readonly<Record<string, unknown>>;
  signal: AbortSignal;
  /** Whether the page needs the document as well, to decide by itself later. */
  withRuleset: boolean;
}

export interface BackEndAnswer {
  decisions: Readonly<Record<string, Decision>>;
  segments: Memberships;
  rulesetVersion: string | null;
  ruleset: Ruleset | undefined;
}

/** Whoever decides for the page. */
export type BackEnd = (query: BackEndQuery) => Promise<BackEndAnswer>;

/** A service in the same process. */
export function serviceBackEnd(
  service: Pick<PersonalizationService, "decide" | "ruleset">,
  site?: string,
): BackEnd {
  return async ({ visitor, slots, context, withRuleset }) => {
    const [result, compiled] = await Promise.all([
      service.decide(visitor, slots, site === undefined ? context : { ...context, site }),
      withRuleset ? service.ruleset(site) : null,
    ]);
    return { ...result, ruleset: compiled?.ruleset };
  };
}

export interface HttpBackEndOptions {
  /** Where an Attune server answers, e.g. `https://attune.example.com`. */
  endpoint: string;
  writeKey: string;
  /** Default: the platform's. */
  fetch?: typeof fetch;
}

/** What a server answers to `POST /api/v1/decisions`; segments only where it may tell them. */
type DecisionsResponse = Omit<BackEndAnswer, "ruleset" | "segments"> & { segments?: Memberships };

/** A server over HTTP: `POST /api/v1/decisions` and `GET /api/v1/ruleset`. */
export function httpBackEnd({ endpoint, writeKey, fetch: request = fetch }: HttpBackEndOptions): BackEnd {
  const call = async (path: string, init: RequestInit): Promise<unknown> => {
    const url = `${endpoint.replace(/\/+$/, "")}/api/v1/${path}`;
    const headers = { authorization: `Bearer ${writeKey}`, "content-type": "application/json" };
    const response = await request(url, { ...init, headers }).catch((cause: unknown) => {
      throw new AttuneError("ATTUNE_REACT_BACK_END", `No answer from ${url}.`, { cause });
    });
    if (response.ok) return response.json();
    const said = (await response.json().catch(() => null)) as { detail?: unknown } | null;
    throw new AttuneError(
      "ATTUNE_REACT_BACK_END",
      `${url} was answered with status ${response.status}${typeof said?.detail === "string" ? `: ${said.detail}` : ""}.`,
    );
  };
  return async ({ visitor, slots, context, signal, withRuleset }) => {
    const body = JSON.stringify({ visitor, slots, context });
    const [result, ruleset] = await Promise.all([
      call("decisions", { method: "POST", body, signal }),
      withRuleset ? call("ruleset", { signal }) : undefined,
    ]);
    // Both answers are the contract of the host's own server; the engine checks the ruleset again when it loads it.
    const { decisions, segments = {}, rulesetVersion } = result as DecisionsResponse;
    return { decisions, segments, rulesetVersion, ruleset: ruleset as Ruleset | undefined };
  };
}
