import type { EraseOptions } from "@attune/core/service";
import { actorOf } from "../auth/authenticate.js";
import { visitorCookie } from "../auth/visitor-cookie.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, type Route, subjectParam } from "../http/route.js";
import { cookiePlace, type RouteContext } from "./context.js";
import { EXPORT_FORMATS, exportFile, type ExportFormat } from "./export-formats.js";

/** Erasure and export of everything held of a subject: for the host, and for a visitor of itself. */
export function dataRoutes(context: RouteContext): Route[] {
  const path = "/api/v1/behavioral/data/:id";
  const shape = { scope: "privacy", own: true } as const;
  return [
    { ...shape, method: "DELETE", path, handle: (call: Call) => erase(call, context) },
    { ...shape, method: "GET", path: `${path}/export`, handle: (call: Call) => exportData(call, context) },
  ];
}

const refusedOption = (detail: string): Refusal => new Refusal(400, "ATTUNE_SERVER_ERASURE_OPTION", detail);

/** A yes or no of the query. What is erased is gone: whoever asks in words that are not understood must not have it all erased. */
function flag(asked: URLSearchParams, name: string, otherwise: boolean): boolean {
  const given = new Set(asked.getAll(name));
  if (given.size === 0) return otherwise;
  if (given.size === 1 && given.has("true")) return true;
  if (given.size === 1 && given.has("false")) return false;
  throw refusedOption(`Give ${name} once, as true or false.`);
}

function erasureOptions({
  url: { searchParams },
}: Call): Required<Pick<EraseOptions, "cascade" | "anonymizeOnly">> {
  if (!flag(searchParams, "retentionOverride", true))
    throw refusedOption(
      "Nothing is kept here against an erasure, so no retention can be left in force; call without retentionOverride, or with true.",
    );
  return {
    cascade: flag(searchParams, "cascadeDelete", true),
    anonymizeOnly: flag(searchParams, "anonymizeOnly", false),
  };
}

async function erase(call: Call, context: RouteContext): Promise<Response> {
  const { service, hub } = context;
  const asked = erasureOptions(call);
  const { site, kind } = call.principal;
  const actor = actorOf(call.principal);
  const receipt = await service
    .erase(subjectParam(call, "id"), { ...asked, site, actor, own: kind === "visitor" })
    .catch((error: unknown) => {
      hub.lose(site);
      throw error;
    });
  // Also where the channel has lost its frame: what is gone from the stores must not live on in the stream.
  hub.forget(site);
  const { events, sessions, profiles } = receipt.removed;
  const body = {
    deletionId: receipt.id,
    status: receipt.status,
    dataRemoved: { events, sessions, profiles },
    removed: receipt.removed,
    completionDate: receipt.completedAt,
  };
  // The token is the last that the device holds of who was erased.
  const cookie = { "set-cookie": visitorCookie(site, "", 0, cookiePlace(call, context)) };
  return json(body, kind === "visitor" ? { headers: cookie } : {});
}

function formatOf({ url, request }: Call): ExportFormat {
  const given = url.searchParams.get("format");
  const found = EXPORT_FORMATS.find((format) => format === given);
  if (found !== undefined) return found;
  if (given !== null) {
    const detail = `Give \`format\` as one of ${EXPORT_FORMATS.join(", ")}.`;
    throw new Refusal(400, "ATTUNE_SERVER_QUERY", detail);
  }
  const accept = request.headers.get("accept") ?? "";
  if (accept.includes("application/x-ndjson")) return "ndjson";
  return accept.includes("application/zip") ? "zip" : "json";
}

async function exportData(call: Call, { service }: RouteContext): Promise<Response> {
  const format = formatOf(call);
  const data = await service.exportData(subjectParam(call, "id"), {
    site: call.principal.site,
    actor: actorOf(call.principal),
    own: call.principal.kind === "visitor",
  });
  return exportFile(data, format);
}
