import { createServer } from "node:http";
import { tellUsage } from "./usage.mjs";

/** The least that any ingestion over HTTP must do: take the body and parse its JSON. */
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { events } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ accepted: events.length }));
  });
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
tellUsage();
