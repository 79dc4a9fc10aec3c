import { createServer } from "node:http";

/**
 * What the load proof measures its machine with: node:http alone, which parses the body, computes for as many milliseconds as its argument says,
 * and answers what the simulated visitors want to hear. Tells its parent `{ port }`, and for each message how long its loop was busy so far, ms; ends with it.
 */
const busyMs = Number(process.argv[2]);
const answer = JSON.stringify({ processed: true, decisions: {} });

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  JSON.parse(Buffer.concat(chunks).toString("utf8"));
  for (const until = performance.now() + busyMs; performance.now() < until; );
  response.writeHead(200, { "content-type": "application/json" });
  response.end(answer);
});
// Longer than a visitor pauses.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", () => process.send(performance.eventLoopUtilization().active));
process.on("disconnect", () => process.exit());
