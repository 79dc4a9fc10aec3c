import express from "express";
import { createPersonalizationService } from "@attune/core/service";
import { lmdbLog, lmdbStore } from "@attune/server-adapters/lmdb";

const ruleset = {
  schemaVersion: 1,
  revision: 1,
  slots: {
    greeting: {
      variants: { plain: "Welcome.", reader: "Welcome back. There is more of what you read last time." },
      fallback: "plain",
      policy: {
        type: "rules",
        rules: [{ id: "reads", when: { pagesThisSession: { $gte: 3 } }, variant: "reader" }],
      },
    },
  },
};

/**
 * An existing Express application that personalises with Attune as a library: no Attune server, no second process.
 * The visitor id is whatever this application already uses; here it comes from a header, as a gateway might set it.
 */
export async function createApp({ dir }) {
  const service = createPersonalizationService({
    stores: { hot: lmdbStore({ path: dir }) },
    log: lmdbLog({ path: dir }),
  });
  const loaded = await service.loadRuleset(ruleset);
  if (!loaded.ok) throw new Error(loaded.error.map((issue) => `${issue.path}: ${issue.message}`).join("\n"));

  const app = express();
  app.use(express.json({ limit: "1mb" }));

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

  return { app, service };
}
