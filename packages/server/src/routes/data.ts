import type { VisitorExport } from "@attune/core/service";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, idParam, type Route } from "../http/route.js";
import { actorOf } from "../auth/authenticate.js";
import type { RouteContext } from "./context.js";

/** Erasure and export of everything held of a subject. */
export function dataRoutes(context: RouteContext): Route[] {
  const path = "/api/v1/behavioral/data/:id";
  return [
    { method: "DELETE", path, scope: "manage", handle: (call) => erase(call, context) },
    { method: "GET", path: `${path}/export`, scope: "manage", handle: (call) => exportData(call, context) },
  ];
}

async function erase(call: Call, { service, hub }: RouteContext): Promise<Response> {
  const asked = call.url.searchParams;
  // What is erased is gone: whoever asks for less, in whatever words, must not have it all erased.
  const asksFor = (name: string, usual: string): boolean =>
    asked.getAll(name).some((value) => value !== usual);
  if (
    asksFor("anonymizeOnly", "false") ||
    asksFor("cascadeDelete", "true") ||
    asked.has("retentionOverride")
  ) {
    throw new Refusal(
      400,
      "ATTUNE_SERVER_ERASURE_OPTION",
      "This server erases everything of the subject at once; call without anonymizeOnly, cascadeDelete or retentionOverride.",
    );
  }
  const { site } = call.principal;
  const actor = actorOf(call.principal);
  const receipt = await service.erase(idParam(call, "id"), { site, actor }).catch((error: unknown) => {
    hub.lose(site);
    throw error;
  });
  // Also where the channel has lost its frame: what is gone from the stores must not live on in the stream.
  hub.forget(site);
  const { events, sessions, profiles } = receipt.removed;
  return json({
    deletionId: receipt.id,
    status: receipt.status,
    dataRemoved: { events, sessions, profiles },
    removed: receipt.removed,
    completionDate: receipt.completedAt,
  });
}

async function exportData(call: Call, { service }: RouteContext): Promise<Response> {
  const data = await service.exportData(idParam(call, "id"), {
    site: call.principal.site,
    actor: actorOf(call.principal),
  });
  const lines =
    call.url.searchParams.get("format") === "ndjson" ||
    call.request.headers.get("accept")?.includes("application/x-ndjson") === true;
  const name = `attachment; filename="attune-export.${lines ? "ndjson" : "json"}"`;
  if (!lines) return json(data, { headers: { "content-disposition": name } });
  return new Response(ndjson(data), {
    headers: {
      "content-type": "application/x-ndjson; charset=utf-8",
      "cache-control": "no-store",
      "content-disposition": name,
    },
  });
}

/** One line for the head, then one for each record, each saying what it is: `{ kind, visitor, … }`. */
function ndjson({ visitors, ...head }: VisitorExport): string {
  const lines: unknown[] = [{ kind: "export", ...head }];
  visitors.forEach(({ events, other, ...profile }, visitor) => {
    lines.push({ kind: "profile", visitor, ...profile });
    for (const event of events) lines.push({ kind: "event", visitor, event });
    for (const [kind, records] of Object.entries(other)) {
      for (const record of records) lines.push({ kind, visitor, record });
    }
  });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
