import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { memoryChannel, memoryLog, memoryStore } from "@attune/core/memory";
import { createPersonalizationService } from "@attune/core/service";
import { createAttuneServer } from "@attune/server";
import { toNodeListener } from "@attune/server-adapters/node";
import { tellUsage } from "./usage.mjs";

/** The door alone: authentication, validation, consent, minimisation, pseudonyms and append. */
const service = createPersonalizationService({
  stores: { hot: memoryStore() },
  // What nobody folds is dropped soon: it is the door that is measured, not how long the garbage collector carries entries (runs of up to 20 events) along.
  log: memoryLog({ retain: 4 }),
  channel: memoryChannel(),
  worker: false,
});
const server = createAttuneServer({
  service,
  auth: {
    keys: [
      {
        id: "bench",
        kind: "write",
        site: "default",
        hash: createHash("sha256").update("wk_bench").digest("hex"),
      },
    ],
  },
});
const http = createServer(toNodeListener(server.fetch));
http.listen(0, "127.0.0.1", () => process.send({ port: http.address().port }));
tellUsage();
