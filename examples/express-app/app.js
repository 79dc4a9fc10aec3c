import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import { createPersonalizationService } from "@attune/core/service";
import { createAttuneServer } from "@attune/server";
import { expressMount } from "@attune/server-adapters/express";
import { lmdbLog, lmdbStore } from "@attune/server-adapters/lmdb";
import { ruleset } from "./ruleset.js";

const here = dirname(fileURLToPath(import.meta.url));
const core = join(dirname(fileURLToPath(import.meta.resolve("@attune/core/package.json"))), "dist");

/** Public: it stands in page.html as well. It may send events and consent, and ask for decisions. */
const WRITE_KEY = "wk_express-example";

/**
 * An existing Express application that personalises with Attune as a library, in its own process. Its routes call the service as plain
 * functions; here the visitor id comes from a header, as a gateway might set it. Pages talk to the same service below `/attune`.
 */
export async function createApp({ dir }) {
  const service = createPersonalizationService({
    stores: { hot: lmdbStore({ path: dir }) },
    log: lmdbLog({ path: dir }),
    ruleset,
    onStoredRuleset: "replace",
    report: (error) => console.warn(error.message),
  });
  await service.ruleset();
  const attune = createAttuneServer({ service, auth: { keys: [{ kind: "write", key: WRITE_KEY }] } });

  const app = express();
  app.use("/attune", expressMount(attune.fetch));
  app.use(express.json({ limit: "1mb" }));

  app.get("/page", (_request, response) => response.sendFile(join(here, "page.html")));
  // The built library as it is, for a page without a bundler.
  app.use("/attune-core", express.static(core));

  const visitorOf = (request) => request.get("x-visitor") ?? null;

  app.get("/", async (request, response) => {
    const { decisions } = await service.decide({ id: visitorOf(request) }, ["greeting"]);
    response.json({ greeting: decisions.greeting.value, because: decisions.greeting.reason });
  });

  app.post("/events", async (request, response) => {
    const result = await service.ingest(request.body, { waitMs: 500 });
    response.status(result.rejected.length > 0 && result.accepted === 0 ? 400 : 200).json(result);
  });

  app.post("/consent", async (request, response) => {
    const visitorId = visitorOf(request);
    if (visitorId === null) return response.status(400).json({ error: "The x-visitor header is missing." });
    const result = await service.consent(
      { visitorId },
      { purposes: request.body, policyVersion: "1", source: "api" },
    );
    return response.status(result.ok ? 200 : 400).json(result.ok ? result.value : result.error);
  });

  app.get("/me", async (request, response) => {
    const visitorId = visitorOf(request);
    response.json(visitorId === null ? null : await service.exportData({ visitorId }));
  });

  app.delete("/me", async (request, response) => {
    const visitorId = visitorOf(request);
    if (visitorId === null) return response.status(400).json({ error: "The x-visitor header is missing." });
    return response.json(await service.erase({ visitorId }));
  });

  const close = async () => {
    await attune.close();
    await service.close();
  };
  return { app, service, close };
}
